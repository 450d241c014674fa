// Two users of a client library of the Tinode family on one IM service: each step is said on a line, the first that goes
// wrong ends the program with 1.
//
// node chat.js HOST:PORT ID SECRET ID SECRET     (ids as `usr…`, secrets in standard base64)

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { indexedDB } = require('fake-indexeddb');
const { Tinode } = require('tinode-sdk');
const { WebSocket } = require('ws');
const { XMLHttpRequest } = require('xmlhttprequest');

const WAIT = 30_000; // milliseconds for one thing

Tinode.setNetworkProviders(WebSocket, XMLHttpRequest);
Tinode.setDatabaseProvider(indexedDB);

const [host, ...who] = process.argv.slice(2);

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), WAIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// One user: the library, and what it is told of each kind, kept until somebody waits for it.
class Person {
  constructor(name, id, secret) {
    Object.assign(this, { name, id, secret, told: [], waiting: [] });
    this.tinode = new Tinode({ appName: 'interop', host, apiKey: 'any key', transport: 'ws', secure: false });
    for (const kind of ['Data', 'Pres', 'Info', 'Meta', 'Ctrl']) {
      this.tinode[`on${kind}Message`] = (body) => this.hear({ kind: kind.toLowerCase(), ...body });
    }
    this.tinode.onRawMessage = (text) => text === '0' && this.hear({ kind: 'probe' });
  }

  hear(message) {
    this.told.push(message);
    this.waiting.forEach((look) => look());
  }

  // The next message of a kind that is wanted, among those told or still to come.
  next(kind, wanted = () => true) {
    const found = new Promise((resolve) => {
      const look = () => {
        const index = this.told.findIndex((message) => message.kind === kind && wanted(message));
        if (index >= 0) {
          this.waiting = this.waiting.filter((other) => other !== look);
          resolve(this.told.splice(index, 1)[0]);
        }
      };
      this.waiting.push(look);
      look();
    });
    return within(found, `${kind} for ${this.name}`);
  }

  async arrive() {
    // The promise of the library is kept as soon as the line is there; `hi` is answered later.
    const greeted = new Promise((resolve) => (this.tinode.onConnect = resolve));
    await within(this.tinode.connect(), 'the connection');
    await within(greeted, 'the answer to hi');
    const hi = this.tinode.getServerInfo();
    expect(hi?.ver && hi.maxMessageSize > 0, `hi was answered ${JSON.stringify(hi)}`);
    const login = await within(this.tinode.login('access_token', this.secret), 'the login');
    expect(login.code === 200 && this.tinode.isAuthenticated(), `login was answered ${login.code}`);
    expect(this.tinode.getCurrentUserID() === this.id, `the user is ${this.tinode.getCurrentUserID()}`);
  }

  async attach(name, what) {
    const topic = this.tinode.getTopic(name);
    const query = topic.startMetaQuery();
    what.forEach((part) => query[`with${part}`]());
    const answer = await within(topic.subscribe(query.build()), `sub of ${name}`);
    expect(answer.code < 300, `sub of ${name} was answered ${answer.code}`);
    return { topic, answer };
  }
}

const steps = [];
const step = (name, act) => steps.push([name, act]);

const [alice, bob] = [new Person('alice', who[0], who[1]), new Person('bob', who[2], who[3])];
let aliceTopic, bobTopic, group;

step('connects at the path of its own with any key, says hi and logs in', async () => {
  await alice.arrive();
  await bob.arrive();
});

step('asks a bare 1 and is answered a bare 0', async () => {
  alice.tinode.networkProbe();
  await alice.next('probe');
});

step('attaches to me and has its description', async () => {
  await alice.attach('me', ['Desc', 'Sub']);
  await bob.attach('me', ['Desc', 'Sub']);
  const meta = await alice.next('meta', (meta) => meta.topic === 'me' && meta.desc);
  expect(meta.desc.acs.getMode?.() || meta.desc.acs.mode, 'me has no access');
});

step('starts a conversation of two, and the other side hears of it', async () => {
  ({ topic: aliceTopic } = await alice.attach(bob.id, ['Desc', 'Sub', 'LaterData']));
  await bob.next('pres', (pres) => pres.what === 'acs' && pres.src === alice.id);
  await bob.next('pres', (pres) => pres.what === 'on' && pres.src === alice.id);
  await alice.next('pres', (pres) => pres.what === 'on' && pres.src === bob.id);
});

step('publishes, and who is not attached hears so on me', async () => {
  for (let seq = 1; seq <= 3; seq++) {
    const answer = await within(aliceTopic.publish(`message ${seq}`), 'the answer to pub');
    expect(answer.code === 202 && answer.params.seq === seq, `pub was answered ${answer.code} ${JSON.stringify(answer.params)}`);
    await bob.next('pres', (pres) => pres.what === 'msg' && pres.src === alice.id && pres.seq === seq);
  }
});

step('reads the history', async () => {
  ({ topic: bobTopic } = await bob.attach(alice.id, ['Desc', 'LaterData']));
  await bob.next('ctrl', (ctrl) => ctrl.code === 208 && ctrl.params.count === 3);
  const contents = [];
  for (let n = 0; n < 3; n++) {
    const data = await bob.next('data', (data) => data.topic === alice.id);
    expect(data.from === alice.id, `from ${data.from}`);
    contents.push(data.content);
  }
  expect(contents.sort().join() === 'message 1,message 2,message 3', contents.join());
  expect(bobTopic.maxMsgSeq() === 3, `the library counts ${bobTopic.maxMsgSeq()}`);
});

step('tells that it types and has read', async () => {
  bobTopic.noteKeyPress();
  await alice.next('info', (info) => info.what === 'kp' && info.from === bob.id);
  bobTopic.noteRead(3);
  const info = await alice.next('info', (info) => info.what === 'read' && info.from === bob.id);
  expect(info.seq === 3, `read ${info.seq}`);
  bobTopic.noteRecv(3);
});

step('hears a message as it is published', async () => {
  await within(bobTopic.publish('answer'), 'the answer to pub');
  const data = await alice.next('data', (data) => data.topic === bob.id && data.seq === 4);
  expect(data.content === 'answer' && data.from === bob.id, JSON.stringify(data));
});

step('deletes for itself', async () => {
  const answer = await within(bobTopic.delMessagesList([2], false), 'the answer to del');
  expect(answer.code === 200 && answer.params.del > 0, JSON.stringify(answer));
});

step('creates a group, which another one joins', async () => {
  group = alice.tinode.getTopic(alice.tinode.newGroupTopicName(false));
  const created = await within(group.subscribe(group.startMetaQuery().withDesc().build(), { desc: { public: { fn: 'Room' } } }), 'the group');
  expect(created.code === 200 && group.name.startsWith('grp'), JSON.stringify(created));
  const { topic } = await bob.attach(group.name, ['Desc', 'Sub', 'LaterData']);
  await within(topic.publish('hello'), 'the answer to pub');
  const data = await alice.next('data', (data) => data.topic === group.name && data.content === 'hello');
  expect(data.from === bob.id, JSON.stringify(data));
  const desc = await bob.next('meta', (meta) => meta.topic === group.name && meta.desc);
  expect(desc.desc.public.fn === 'Room', JSON.stringify(desc));
});

step('leaves: at first the session, then for good', async () => {
  const room = bob.tinode.getTopic(group.name);
  const left = await within(room.leave(false), 'the answer to leave');
  expect(left.code === 200, JSON.stringify(left));
  await bob.attach(group.name, ['Desc']);
  const gone = await within(room.leave(true), 'the answer to leave');
  expect(gone.code === 200, JSON.stringify(gone));
  const deleted = await within(group.delTopic(true), 'the answer to del');
  expect(!deleted || deleted.code === 200, JSON.stringify(deleted));
});

step('goes, and the other side hears so', async () => {
  bob.tinode.disconnect();
  await alice.next('pres', (pres) => pres.what === 'off' && pres.src === bob.id);
  alice.tinode.disconnect();
});

let failed = 0;
for (const [name, act] of steps) {
  try {
    await act();
    console.log(`ok     tinode-sdk ${name}`);
  } catch (error) {
    failed = 1;
    console.log(`FAILED tinode-sdk ${name}: ${error?.message ?? error}`);
    break;
  }
}
process.exit(failed);
