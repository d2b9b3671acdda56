// Passkeys: asks the server what to ask the device, the device for its answer, and tells the server. A button with
// data-passkey="create" or "get" names the addresses; words for people are in the page.
"use strict";

(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const readable = (options) => {
    const known = (options.excludeCredentials || options.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const read = { ...options, challenge: bytes(options.challenge) };
    if (options.user) {
      return { ...read, user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: known };
    }
    return { ...read, allowCredentials: known };
  };

  const sendable = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) {
        response[name] = text(credential.response[name]);
      }
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  // What a person is told; the browser's own words (given up, not known, no connection) are for developers.
  class Said extends Error {}

  const ask = async (button, address, body) => {
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": button.dataset.token },
      body: JSON.stringify(body),
    }).catch(() => {
      throw new Said(button.dataset.unreached);
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      throw new Said(told.detail || button.dataset.failed);
    }
    return told;
  };

  const show = (codes, page) => {
    const list = page.querySelector("ul");
    for (const code of codes) {
      const item = document.createElement("li");
      item.appendChild(document.createElement("code")).textContent = code;
      list.appendChild(item);
    }
    page.hidden = false;
    page.focus();
  };

  const run = async (button, name) => {
    const { options } = await ask(button, button.dataset.begin, {});
    const publicKey = readable(options);
    const made = await navigator.credentials[button.dataset.passkey]({ publicKey });
    const told = await ask(button, button.dataset.complete, { credential: sendable(made), name });
    const codes = document.getElementById("passkey-codes");
    if (told.codes && told.codes.length && codes) {
      show(told.codes, codes);
      button.hidden = true;
    } else {
      window.location.assign(told.next || window.location.pathname);
    }
  };

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    const said = document.getElementById(button.dataset.says);
    if (!window.PublicKeyCredential) {
      button.disabled = true;
      continue;
    }
    button.addEventListener("click", async () => {
      const field = document.getElementById("passkey-name");
      button.disabled = true;
      said.textContent = "";
      try {
        await run(button, field ? field.value : "");
      } catch (fault) {
        said.textContent = fault instanceof Said ? fault.message : button.dataset.failed;
      }
      button.disabled = false;
    });
  }
})();
