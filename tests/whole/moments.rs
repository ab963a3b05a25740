//! A fault at each single moment of a call.
