//! FreeSWITCH, by its event socket.
