// This project lies inside of another one's folder.
export default { turbopack: { root: import.meta.dirname } };
