// The one script of the pages: passkeys, and small comforts. Without it
// everything else works.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

  // ask has the device answer a challenge (Web Authentication §5.1), and gives the answer as JSON.
  async function ask(what, options) {
    const o = options.publicKey || options;
    const publicKey = { ...o, challenge: bytes(o.challenge) };
    if (what === "create") {
      publicKey.user = { ...o.user, id: bytes(o.user.id) };
      publicKey.excludeCredentials = known(o.excludeCredentials);
    } else {
      publicKey.allowCredentials = known(o.allowCredentials);
    }
    const c = await navigator.credentials[what]({ publicKey });
    const response = { clientDataJSON: text(c.response.clientDataJSON) };
    if (what === "create") {
      response.attestationObject = text(c.response.attestationObject);
      response.transports = c.response.getTransports ? c.response.getTransports() : [];
    } else {
      response.authenticatorData = text(c.response.authenticatorData);
      response.signature = text(c.response.signature);
      if (c.response.userHandle) response.userHandle = text(c.response.userHandle);
    }
    return JSON.stringify({
      id: c.id, rawId: text(c.rawId), type: c.type, response,
      authenticatorAttachment: c.authenticatorAttachment || undefined, clientExtensionResults: c.getClientExtensionResults(),
    });
  }

  const word = (button) => button.querySelector("[data-word]") || button;
  function busy(button, on) {
    if (!button || !button.dataset.busy || on === (button.getAttribute("aria-busy") === "true")) return;
    const place = word(button);
    if (on) {
      button.dataset.rest = place.textContent;
      place.textContent = button.dataset.busy;
      button.setAttribute("aria-busy", "true");
    } else {
      place.textContent = button.dataset.rest;
      button.removeAttribute("aria-busy");
    }
  }

  if (window.PublicKeyCredential && navigator.credentials) {
    for (const shown of document.querySelectorAll("[data-passkey], [data-with-passkey]")) shown.hidden = false;
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.addEventListener("submit", async (e) => {
        if (form.elements.response.value) return;
        e.preventDefault();
        e.stopImmediatePropagation();
        const button = form.querySelector("button"), failed = form.querySelector("[data-error]");
        if (button.getAttribute("aria-busy") === "true") return;
        failed.hidden = true;
        busy(button, true);
        try {
          const asked = await fetch(form.getAttribute("action") + "/options", { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
          const challenge = await asked.json();
          if (challenge.go) { location.assign(challenge.go); return; }
          if (!asked.ok) throw new Error(asked.status);
          form.elements.state.value = challenge.state;
          form.elements.response.value = await ask(form.dataset.passkey, challenge.options);
          form.submit();
        } catch (_) {
          form.elements.state.value = form.elements.response.value = "";
          busy(button, false);
          failed.hidden = false;
        }
      });
    }
  }

  document.addEventListener("submit", (e) => busy(e.submitter, true));
  addEventListener("pageshow", () => { for (const b of document.querySelectorAll("[aria-busy=true]")) busy(b, false); });

  for (const b of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    b.hidden = false;
    b.addEventListener("click", async () => {
      const from = document.querySelector(b.dataset.copy);
      const lines = [...from.querySelectorAll("code")].map((c) => c.textContent);
      await navigator.clipboard.writeText(lines.length ? lines.join("\n") : from.textContent.trim());
      word(b).textContent = b.dataset.done;
      b.setAttribute("aria-live", "polite");
    });
  }
  for (const b of document.querySelectorAll("[data-print]")) {
    b.hidden = false;
    b.addEventListener("click", () => print());
  }
})();
