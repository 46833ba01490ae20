// Gives media-chrome's buttons the page's own words: it brings some languages, and Polish and Ukrainian are not there.

import { addTranslation, setLanguage } from "../../vendor/media-chrome/utils/i18n.js";

export function teachComponents(words) {
  const language = document.documentElement.lang || "pl";
  addTranslation(language, words);
  setLanguage(language);
}
