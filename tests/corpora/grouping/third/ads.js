window.adSlots.fill();
