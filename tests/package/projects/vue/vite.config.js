import vue from "@vitejs/plugin-vue";

// Vue leaves tags alone that are somebody's custom elements.
const isCustomElement = (tag) => tag.startsWith("plimsoll-");

export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
