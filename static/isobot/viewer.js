// A picture of a conversation, large, over the page. Without this its link opens it in another tab.
const viewer = document.getElementById("viewer");
const picture = viewer.querySelector("img");
let opener = null;

/** Opens what is clicked below this element, unless another tab was asked for. */
export function listen(element) {
  element.addEventListener("click", (event) => {
    const link = event.target.closest(".file-image");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    opener = link;
    picture.src = link.href;
    picture.alt = viewer.querySelector("[data-part=name]").textContent = link.title || link.firstElementChild.alt;
    viewer.querySelector("[data-part=tab]").href = link.href;
    viewer.showModal();
  });
}

viewer.addEventListener("click", (event) => {
  if (event.target !== picture && !event.target.closest("a")) viewer.close();
});
viewer.addEventListener("keydown", (event) => event.stopPropagation()); // Escape is for this only
viewer.addEventListener("close", () => {
  picture.removeAttribute("src");
  // News may have drawn the message again meanwhile.
  const again = opener.isConnected ? opener : document.querySelector(`.file-image[href="${CSS.escape(opener.getAttribute("href"))}"]`);
  again?.focus({ preventScroll: true });
});
