// Turns light into dark and back, here alone: the choice is a cookie of this browser, which the server reads at each load.
export default {
  template: `<button type="button" class="btn plain optional" aria-label="Light or dark" @click="turn"><slot></slot></button>`,
  props: { chosen: String, cookie: String },
  mounted() {
    // Once: each change of the theme has the browser find the style of everything on the page anew.
    if (this.chosen) this.$q.dark.set(this.chosen === "dark");
  },
  methods: {
    turn() {
      const dark = !this.$q.dark.isActive;
      this.$q.dark.set(dark);
      document.cookie = `${this.cookie}=${dark ? "dark" : "light"}; path=/; max-age=31536000; samesite=strict`;
    },
  },
};
