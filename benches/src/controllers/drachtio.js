// A controller on the package drachtio-modesl: parked caller, ringback, agent, bridge. It keeps nothing.
//
// node drachtio.js PORT

const { randomUUID } = require('crypto');
const { Connection } = require('drachtio-modesl');

const callerOf = new Map();
const link = new Connection('127.0.0.1', Number(process.argv[2]), 'ClueCon', () =>
  link.subscribe(['CHANNEL_PARK', 'CHANNEL_ANSWER', 'CHANNEL_HANGUP']));

link.on('esl::event::CHANNEL_PARK::*', (event) => {
  if (event.getHeader('Call-Direction') !== 'inbound') return;
  const caller = event.getHeader('Unique-ID');
  const agent = randomUUID();
  callerOf.set(agent, caller);
  link.execute('endless_playback', '/sounds/ringback.wav', caller);
  link.bgapi('originate',
    `{origination_uuid=${agent},caller=${caller}}sofia/gateway/carrier/13900000001 &park()`);
});

link.on('esl::event::CHANNEL_ANSWER::*', (event) => {
  const agent = event.getHeader('Unique-ID');
  if (callerOf.has(agent)) link.api('uuid_bridge', [callerOf.get(agent), agent]);
});

link.on('esl::event::CHANNEL_HANGUP::*', (event) => callerOf.delete(event.getHeader('Unique-ID')));
link.on('esl::end', () => process.exit());
