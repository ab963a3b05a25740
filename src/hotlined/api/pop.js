"use strict";

/* The part behind # has token, agent and hotline; the browser never sends it. */
const settings = new URLSearchParams(location.hash.slice(1));
const token = settings.get("token") || "";
const RECONNECT_MS = 1000;

let template = null;
let lastId = "";
let shown = "";

const element = (id) => document.getElementById(id);

function tell(text, isBad) {
  element("state").textContent = text;
  element("state").className = isBad ? "bad" : "";
}

function request(path) {
  const headers = { Authorization: "Bearer " + token };
  if (lastId) {
    headers["Last-Event-ID"] = lastId;
  }
  return fetch(path, { headers, cache: "no-store" });
}

/* The address of the caller's data; each value is escaped, so that none of them can be more than a value. */
function filled(event) {
  const values = { caller: event.caller, call: event.call, agent: event.agent, hotline: event.hotline };
  return template.replace(/\{(caller|call|agent|hotline)\}/g, (_, name) => encodeURIComponent(values[name] || ""));
}

function show(event) {
  const data = event.data || {};
  shown = event.call;
  element("caller").textContent = event.caller || "未知号码";
  element("area").textContent = data.area || "";
  element("hotline").textContent = [data.hotline_name, event.hotline].filter(Boolean).join(" ");
  element("agent").textContent = event.agent || "";
  element("stage").textContent = "振铃";
  element("call").hidden = false;
  element("open").hidden = template === null;
  if (template !== null) {
    element("open").href = filled(event);
    window.open(element("open").href, "_blank", "noopener,noreferrer");
  }
}

const STAGES = { "call.answered": "通话中", "call.ended": "已结束" };

function take(name, text) {
  if (name === "reset" || !text) {
    return;
  }
  const event = JSON.parse(text);
  if (name === "call.ringing") {
    show(event);
  } else if (event.call === shown && STAGES[name]) {
    element("stage").textContent = STAGES[name];
  }
}

/* One event is some lines and an empty line. */
function takeBlock(block) {
  let name = "";
  let text = "";
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    const [key, value] = [line.slice(0, at), line.slice(at + 2)];
    if (key === "id") {
      lastId = value;
    } else if (key === "event") {
      name = value;
    } else if (key === "data") {
      text += value;
    }
  }
  take(name, text);
}

async function read(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    blocks.forEach(takeBlock);
  }
}

function eventsPath() {
  const asked = new URLSearchParams();
  for (const name of ["agent", "hotline"]) {
    if (settings.get(name)) {
      asked.set(name, settings.get(name));
    }
  }
  return "events?" + asked;
}

/* Returns whether to go on. */
async function connect() {
  const configuration = await request("pop/config");
  if (configuration.ok) {
    template = (await configuration.json()).url;
    const answer = await request(eventsPath());
    if (answer.ok) {
      tell("已连接，等待来电");
      await read(answer);
      return true;
    }
    if (answer.status >= 500) {
      return true;
    }
    tell("无权查看：" + answer.status, true);
    return false;
  }
  if (configuration.status >= 500) {
    return true;
  }
  tell("令牌无效：" + configuration.status, true);
  return false;
}

async function run() {
  for (let goesOn = true; goesOn; ) {
    try {
      goesOn = await connect();
    } catch (error) {
      goesOn = true;
    }
    if (goesOn) {
      tell("连接中断，正在重连");
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }
}

run();
