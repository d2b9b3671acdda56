// Starts the reference of the API. Its search would need a worker made of text, which our policy forbids.
(() => {
  "use strict";

  // It would fetch its maker's logo from elsewhere, set once as attribute and once as property: nothing is asked for
  // outside.
  const pictures = HTMLImageElement.prototype;
  const setAttribute = pictures.setAttribute;
  const source = Object.getOwnPropertyDescriptor(pictures, "src");
  const isOurs = (address) => new URL(address, location.href).origin === location.origin;
  pictures.setAttribute = function (name, value) {
    if (name !== "src" || isOurs(value)) {
      setAttribute.call(this, name, value);
    }
  };
  Object.defineProperty(pictures, "src", {
    ...source,
    set(value) {
      if (isOurs(value)) {
        source.set.call(this, value);
      } else {
        this.dispatchEvent(new Event("error")); // as if it could not be fetched: the place stays empty
      }
    },
  });

  const place = document.getElementById("redoc");
  Redoc.init(place.dataset.schema, { disableSearch: true }, place);
})();
