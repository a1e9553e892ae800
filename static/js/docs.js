// The API page is Swagger UI: hand it our choice of theme in the way it understands.
(function () {
  var chosen = document.documentElement.dataset.theme;
  var isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark-mode", isDark);
})();
