// Ticks the rules while a password is typed, and notices when support ends the session. Every page works without it.
"use strict";

const count = (text, pattern) => (text.match(pattern) || []).length;

const checks = {
  "min-length": (text, number) => [...text].length >= number,
  "max-length": (text, number) => [...text].length <= number,
  upper: (text, number) => count(text, /\p{Uppercase}/gu) >= number,
  lower: (text, number) => count(text, /\p{Lowercase}/gu) >= number,
  digits: (text, number) => count(text, /\p{N}/gu) >= number,
  special: (text, number) => count(text, /[^\p{Alphabetic}\p{N}]/gu) >= number,
};

const password = document.getElementById("new-password");
if (password) {
  const status = document.getElementById("rules-status");
  // Screen readers announce the status once the typing pauses, not at each key.
  const pause = 800;
  let later;
  const tick = () => {
    const missing = [];
    for (const rule of document.querySelectorAll("#rules li")) {
      const check = checks[rule.dataset.check];
      if (check) {
        const isMet = password.value !== "" && check(password.value, Number(rule.dataset.number));
        rule.classList.toggle("met", isMet);
        if (!isMet) {
          missing.push(rule.textContent);
        }
      }
    }
    clearTimeout(later);
    later = setTimeout(() => {
      if (password.value === "") {
        status.textContent = "";
      } else if (missing.length > 0) {
        status.textContent = `Still missing: ${missing.join("; ")}.`;
      } else {
        status.textContent = "The rules that are checked while you type are met.";
      }
    }, pause);
  };
  password.addEventListener("input", tick);
  tick();
}

if (document.body.dataset.watch === "session") {
  const look = async () => {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch("/session", { cache: "no-store" });
      if (answer.status === 401) {
        location.assign("/?because=ended");
      }
    } catch {
      // The app was stopped: the page stays as it is.
    }
  };
  setInterval(look, 3000);
}
