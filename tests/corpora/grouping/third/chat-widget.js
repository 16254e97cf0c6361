(function () {
  var settings = window.chatSettings;
  function openChat() {
    document.title = settings.greeting.text;
  }
  openChat();
})();
