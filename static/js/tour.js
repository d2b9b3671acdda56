// The five steps of the tour, one at a time. Escape leaves it, as it leaves every dialog.
"use strict";

(() => {
  const tour = document.getElementById("tour");
  const steps = Array.from(tour.querySelectorAll(".tour-step"));
  const next = tour.querySelector('[data-tour="1"]');
  const back = tour.querySelector('[data-tour="-1"]');
  const onward = next.textContent;
  let place = 0;

  const show = () => {
    steps.forEach((step, number) => {
      step.hidden = number !== place;
    });
    tour.setAttribute("aria-labelledby", steps[place].querySelector("h2").id);
    back.hidden = place === 0;
    next.textContent = place === steps.length - 1 ? next.dataset.last : onward;
  };

  tour.addEventListener("click", (event) => {
    const way = event.target.closest("[data-tour]")?.dataset.tour;
    if (!way && !event.target.closest("a")) {
      return;
    }
    place += Number(way) || 0;
    if (!way || way === "leave" || place >= steps.length) {
      tour.close();
    } else {
      show();
    }
  });
  tour.addEventListener("close", () => {
    const address = new URL(window.location.href);
    address.searchParams.delete("tour");
    window.history.replaceState(null, "", address);
  });
  show();
  tour.showModal();
})();
