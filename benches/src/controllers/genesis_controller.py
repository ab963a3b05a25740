"""A controller on the package genesis: parked caller, ringback, agent, bridge. It keeps nothing.

python genesis_controller.py PORT
"""

import asyncio
import sys
import uuid

from genesis import Inbound

caller_of = {}


async def main():
    async with Inbound("127.0.0.1", int(sys.argv[1]), "ClueCon") as link:

        async def parked(event):
            if event["Call-Direction"] != "inbound":
                return
            caller, agent = event["Unique-ID"], str(uuid.uuid4())
            caller_of[agent] = caller
            await link.send(
                f"sendmsg {caller}\ncall-command: execute\n"
                "execute-app-name: endless_playback\nexecute-app-arg: /sounds/ringback.wav"
            )
            await link.send(
                f"bgapi originate {{origination_uuid={agent},caller={caller}}}"
                "sofia/gateway/carrier/13900000001 &park()"
            )

        async def answered(event):
            agent = event["Unique-ID"]
            if agent in caller_of:
                await link.send(f"api uuid_bridge {caller_of[agent]} {agent}")

        async def hung_up(event):
            caller_of.pop(event["Unique-ID"], None)

        link.on("CHANNEL_PARK", parked)
        link.on("CHANNEL_ANSWER", answered)
        link.on("CHANNEL_HANGUP", hung_up)
        await link.send("event plain CHANNEL_PARK CHANNEL_ANSWER CHANNEL_HANGUP")
        while link.is_connected:
            await asyncio.sleep(1)


asyncio.run(main())
