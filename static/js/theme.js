// Runs before the first paint, so that a chosen theme never flashes. The admin keeps its choice under the same name.
(function () {
  var wish = null;
  try { wish = localStorage.getItem("theme"); } catch (error) { /* storage is off: follow the system */ }
  if (wish === "light" || wish === "dark") document.documentElement.dataset.theme = wish;
  document.documentElement.classList.add("has-js");
})();
