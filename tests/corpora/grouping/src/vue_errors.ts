import { createApp, defineComponent, h, ref, watch } from "vue";
import { type Bugs } from "./types";

const mount = (component: any) => createApp(component).mount(document.body.appendChild(document.createElement("div")));

const Rating = defineComponent({
  props: ["review"],
  setup(props: any) {
    return () => h("p", props.review.stars.length);
  },
});

const Shipping = defineComponent({
  methods: {
    chooseCarrier() {
      const carrier = (this as any).carriers.find(Boolean);
      document.title = carrier.name;
    },
  },
  mounted() {
    (this as any).chooseCarrier();
  },
  render() {
    return h("p", "shipping");
  },
});

const Countdown = defineComponent({
  setup() {
    const left = ref<any>(3);
    watch(left, function showLeft(value: any) {
      document.title = value.minutes.toFixed(0);
    });
    left.value = {};
    return () => h("p", "left");
  },
});

export const vueErrors: Bugs = {
  "vue/render-stars": () => mount(Rating),
  "vue/carriers": () => mount(Shipping),
  "vue/watch-minutes": () => mount(Countdown),
};
