// Runs before the first paint, so that neither language nor appearance flickers.
// A classic script on purpose: modules are deferred.
(function () {
  function stored(name) {
    try {
      return localStorage.getItem("postwharf." + name);
    } catch {
      return null;
    }
  }
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = stored("theme") || (dark ? "dark" : "light");
  const browser = navigator.language.startsWith("pt") ? "pt-BR" : "en";
  root.lang = stored("locale") || browser;
  root.dataset.dock = stored("dock") || (innerWidth >= 1240 ? "open" : "closed");
})();
