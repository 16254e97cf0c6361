import { type Bugs } from "./types";

/** Adds a script that somebody else wrote, and that breaks while it starts or when it is told to. */
const add = (src: string) => {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
  return new Promise((resolve) => script.addEventListener("load", resolve));
};

const otherOrigin = () => location.origin.replace("127.0.0.1", "localhost");

export const thirdPartyErrors: Bugs = {
  "third/slider": () => add("/npm/slider@4.2.1/dist/slider.min.js"),
  "third/chat-widget": () => add("/vendor/chat-widget.js?site=7"),
  "third/silent-ads": () => add(`${otherOrigin()}/vendor/ads.js`),
};
