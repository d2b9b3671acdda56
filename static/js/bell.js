// The bell in the top bar: how many messages are unread, and a word on each that comes while the page is open.
"use strict";

(() => {
  const bell = document.querySelector("[data-bell]");
  const place = document.querySelector(".toasts");
  const mould = document.getElementById("toast-of-message");
  const MOST = 3;
  const LATELY = 10 * 60_000; // Older ones that a tab has missed are only counted.
  const SHOWN = 12_000;
  let asked = null;

  const show = ({ unread, words, shown }) => {
    const count = bell.querySelector("[data-bell-count]");
    count.hidden = unread === 0;
    Live.change(count, shown);
    bell.querySelector("[data-bell-words]").textContent = words;
  };

  // Messages come in flocks: one question is enough for all of them.
  const count = () => {
    window.clearTimeout(asked);
    asked = window.setTimeout(async () => {
      const answer = await fetch(bell.dataset.bell, { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer?.ok && !answer.redirected) {
        show(await answer.json());
      }
    }, 200);
  };

  const tell = (note) => {
    const toast = mould.content.firstElementChild.cloneNode(true);
    const link = toast.querySelector("a");
    link.textContent = note.title;
    toast.querySelector("[data-text]").textContent = note.message;
    toast.classList.toggle("error", note.priority === "urgent");
    place.append(toast);
    while (place.querySelectorAll("[data-live-toast]").length > MOST) {
      place.querySelector("[data-live-toast]").remove();
    }
    // It goes by itself unless somebody is at it, or it is urgent.
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) {
        window.setTimeout(leave, SHOWN);
      } else {
        toast.remove();
      }
    };
    if (note.priority !== "urgent") {
      window.setTimeout(leave, SHOWN);
    }
  };

  Live.open("notifications", {
    message(type, note) {
      if (type !== "notification.created") {
        return;
      }
      count();
      document.dispatchEvent(new CustomEvent("live:notification", { detail: note }));
      if (note.status === "unread" && Date.now() - Date.parse(note.sent_at) < LATELY) {
        tell(note);
      }
    },
    resync: count,
  });
})();
