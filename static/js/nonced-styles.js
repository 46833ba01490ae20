// Components of others write <style> into their shadow trees with innerHTML; the Content-Security-Policy refuses it
// without this page's nonce. A page that uses such a part loads this module before it, in place of 'unsafe-inline'.

const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
const withNonce = (markup) => String(markup).replaceAll(/<style(?=[\s>])(?![^>]*\bnonce=)/g, `<style nonce="${nonce}"`);

const inner = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, "innerHTML");
Object.defineProperty(ShadowRoot.prototype, "innerHTML", {
  ...inner,
  set(markup) {
    inner.set.call(this, withNonce(markup));
  },
});

const setUnsafe = ShadowRoot.prototype.setHTMLUnsafe;
if (setUnsafe) {
  ShadowRoot.prototype.setHTMLUnsafe = function setHTMLUnsafe(markup, ...rest) {
    return setUnsafe.call(this, withNonce(markup), ...rest);
  };
}
