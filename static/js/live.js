// One way to hear what happens while a page is open: Live.open("notifications", {…}). It comes back by itself after a
// break, asks for what it has missed, and says nothing twice. The rules stand in docs/api/live.md.
"use strict";

const Live = (() => {
  const PING = 20_000;
  const PATIENCE = 10_000; // An answer that takes longer does not come.
  const FIRST_WAIT = 1_000;
  const LONGEST_WAIT = 60_000;
  const OUT_OF_SIGHT = 60_000; // A page that nobody looks at gives its connection back.
  const CROWDED = 4429;
  const NO_USE = new Set([1003, 4401, 4403, 4404]); // To come again changes nothing.
  const MOST_KNOWN = 1_000;

  // What was heard last goes with the tab from page to page: what happens between two of them is told on the second.
  const kept = (name) => {
    try {
      return JSON.parse(window.sessionStorage.getItem(name)) || { seq: null, have: [] };
    } catch {
      return { seq: null, have: [] }; // Storage is forbidden in this browser: each page begins anew.
    }
  };
  const keep = (name, seq, have) => {
    try {
      window.sessionStorage.setItem(name, JSON.stringify({ seq, have: [...have] }));
    } catch {
      // As above.
    }
  };

  // Told: message(type, data), resync() when what is shown has to be fetched anew, state("open" | "waiting" | "ended").
  class Line {
    constructor(path, told, { isKept = true } = {}) {
      this.path = path;
      this.told = told;
      this.isKept = isKept; // What tells a state tells the present one on the next page, too.
      this.name = `live:${document.body.dataset.reader}:${path}`;
      const { seq, have } = isKept ? kept(this.name) : { seq: null, have: [] };
      this.seq = seq;
      this.have = new Set(have);
      this.known = new Set(have);
      this.tries = 0;
      this.ended = false;
      this.socket = null;
      this.timers = {};
      document.addEventListener("visibilitychange", () => this.look());
      window.addEventListener("online", () => this.connect());
      window.addEventListener("pagehide", () => this.hangUp());
      window.addEventListener("pageshow", (event) => event.persisted && this.connect());
      this.connect();
    }

    connect() {
      window.clearTimeout(this.timers.again);
      if (this.ended || this.socket) {
        return;
      }
      const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(`${scheme}//${window.location.host}/api/v1/ws/${this.path}`, "cryptopredict");
      this.socket = socket;
      socket.addEventListener("open", () => socket === this.socket && this.arrive());
      socket.addEventListener("message", (event) => socket === this.socket && this.hear(JSON.parse(event.data)));
      socket.addEventListener("close", (event) => socket === this.socket && this.lose(event.code));
    }

    arrive() {
      this.say("state", "open");
      if (this.seq === null) {
        this.ask({ action: "ping" });
      } else {
        this.resume();
      }
      this.timers.ping = window.setInterval(() => this.ping(), PING);
    }

    hear(frame) {
      this.tries = 0;
      if (frame.type === "pong") {
        this.answered();
        if (this.seq === null || this.is(frame.data)) {
          this.settle(frame.seq);
        } else if (frame.data.count !== undefined) {
          this.resume();
        }
      } else if (frame.type === "resumed") {
        this.answered();
        frame.data.events.forEach((event) => this.event(event));
        if (this.is(frame.data)) {
          this.settle(frame.seq);
        } else if (frame.data.events.length < frame.data.missed) {
          this.resume(); // One message had no room for all.
        }
      } else if (frame.type === "resync") {
        this.answered();
        this.settle(frame.seq);
        this.say("resync");
      } else if (frame.type !== "error") {
        this.event(frame);
      }
    }

    // Whether all is here that the connection has told.
    is(data) {
      return data.after === this.seq && data.count === this.have.size;
    }

    event(frame) {
      if (this.known.has(frame.seq)) {
        return;
      }
      this.known.add(frame.seq);
      if (this.known.size > MOST_KNOWN) {
        this.known.delete(this.known.values().next().value);
      }
      this.have.add(frame.seq);
      if (this.seq !== null) {
        this.keep();
      }
      this.say("message", frame.type, frame.data);
    }

    settle(seq) {
      this.seq = seq;
      this.have.clear();
      this.keep();
    }

    keep() {
      if (this.isKept) {
        keep(this.name, this.seq, this.have);
      }
    }

    ping() {
      this.ask(this.seq === null ? { action: "ping" } : { action: "ping", seq: this.seq });
    }

    resume() {
      this.ask({ action: "resume", seq: this.seq, have: [...this.have] });
    }

    ask(words) {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        return;
      }
      this.socket.send(JSON.stringify(words));
      window.clearTimeout(this.timers.answer);
      this.timers.answer = window.setTimeout(() => {
        this.hangUp();
        this.comeAgain();
      }, PATIENCE);
    }

    answered() {
      window.clearTimeout(this.timers.answer);
    }

    lose(code) {
      this.hangUp();
      if (NO_USE.has(code)) {
        this.ended = true;
        this.say("state", "ended");
      } else {
        this.comeAgain(code === CROWDED ? LONGEST_WAIT : 0);
      }
    }

    // Later each time, and not all at once.
    comeAgain(least = 0) {
      if (document.hidden || this.ended) {
        return;
      }
      const wait = Math.min(FIRST_WAIT * 2 ** this.tries, LONGEST_WAIT);
      this.tries += 1;
      window.clearTimeout(this.timers.again);
      this.timers.again = window.setTimeout(() => this.connect(), Math.max(least, wait * (0.5 + Math.random() / 2)));
      this.say("state", "waiting");
    }

    hangUp() {
      window.clearInterval(this.timers.ping);
      window.clearTimeout(this.timers.answer);
      const socket = this.socket;
      this.socket = null;
      socket?.close();
    }

    // Nobody needs it any more.
    end() {
      this.ended = true;
      window.clearTimeout(this.timers.again);
      this.hangUp();
    }

    look() {
      window.clearTimeout(this.timers.away);
      if (document.hidden) {
        this.timers.away = window.setTimeout(() => this.hangUp(), OUT_OF_SIGHT);
      } else {
        this.connect();
      }
    }

    say(name, ...words) {
      this.told[name]?.(...words);
    }
  }

  return {
    open: (path, told, how) => new Line(path, told, how),

    // A figure changes in its place, with a short light; what has the focus or the pointer stays where it is.
    change(element, text) {
      if (element.textContent === text) {
        return;
      }
      element.textContent = text;
      element.classList.remove("changed");
      void element.offsetWidth; // The light begins anew.
      element.classList.add("changed");
    },
  };
})();
