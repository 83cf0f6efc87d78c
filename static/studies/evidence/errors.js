// Errors of the study's own scripts, told in few words; those of a browser's extensions are nobody's business.

const MOST = 5;
const LONGEST = 200;

// report(event)
export function watchErrors(report) {
  let told = 0;
  const tell = (message, address, line) => {
    told += 1;
    if (told > MOST) return;
    const source = String(address).split("/").at(-1);
    report({ kind: "client_error", data: { message: String(message).slice(0, LONGEST), source, line } });
  };
  addEventListener("error", ({ message, filename, lineno }) => {
    if (message && filename?.startsWith(window.location.origin)) tell(message, filename, lineno);
  });
  addEventListener("unhandledrejection", ({ reason }) => tell(reason?.message ?? reason, "", 0));
}
