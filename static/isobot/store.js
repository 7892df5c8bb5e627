// Small per-browser memory that never throws where storage is blocked or full.
const guarded = (area) => ({
  get(key) { try { return window[area].getItem(key); } catch { return null; } },
  set(key, value) {
    try {
      if (value) window[area].setItem(key, value);
      else window[area].removeItem(key);
    } catch { /* private mode: memory only */ }
  },
});
export const kept = guarded("localStorage");
export const session = guarded("sessionStorage");
