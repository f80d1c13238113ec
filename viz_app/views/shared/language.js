// @ts-check
// Says in which language the page is written, for screen readers and the browser's translation.

/** @param {{data: {language: string}}} mounted */
export const mount = ({ data }) => {
  document.documentElement.lang = data.language;
};
