// A plain form that cannot be sent now stays as it is and says so: the browser's own error page would take it away.

import { element } from "../words.js";

const WORDS = "No connection. Nothing was sent, and what you chose stays here. Press again when the connection is back.";

for (const form of document.querySelectorAll("main form:not(.board)")) {
  form.addEventListener("submit", (event) => {
    form.querySelector(".no-connection")?.remove();
    if (navigator.onLine) return;
    event.preventDefault();
    const said = element("p", { className: "notice no-connection", textContent: WORDS });
    said.setAttribute("role", "alert");
    form.append(said);
  });
}

addEventListener("online", () => document.querySelectorAll(".no-connection").forEach((said) => said.remove()));
