// A small memory in the browser; where storage is off, choices last as long as the page.
export function recall(name, otherwise) {
  try { return localStorage.getItem(name) ?? otherwise; } catch { return otherwise; }
}

export function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* nothing to keep it in */ }
}
