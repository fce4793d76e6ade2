/** Sizes are those of the reader's font; colours come from the site. Logical properties, so that it mirrors by itself. */
export const STYLE = `
:host{all:initial}
*{box-sizing:border-box;font:14px/1.45 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",sans-serif}
.launcher,.panel,.teaser{position:fixed;z-index:2147483000;inset-inline-end:20px;box-shadow:0 0 0 1px #0000000f,0 8px 36px #0003}
.left>*{inset-inline:20px auto}
.launcher{bottom:20px;width:56px;height:56px;padding:0;border:0;border-radius:50%;cursor:pointer;background:var(--brand);color:var(--ink);
transition:transform .18s}
.launcher:hover{transform:translateY(-2px) scale(1.03)}
.launcher:active{transform:scale(.96)}
svg{display:block;width:26px;height:26px;margin:auto;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;
background:#c9252d;color:#fff;font-size:12px;font-weight:600;line-height:22px;text-align:center}
:host([hidden]),.badge:empty{display:none}
.panel{bottom:88px;width:400px;height:min(680px,calc(100vh - 108px));border:0;border-radius:20px;background:transparent;color-scheme:normal;
visibility:hidden;opacity:0;transform:translateY(12px);transition:opacity .18s,transform .18s,visibility 0s .18s}
.open .panel{visibility:visible;opacity:1;transform:none;transition:opacity .18s,transform .18s}
.teaser{bottom:90px;max-width:min(300px,calc(100vw - 40px));display:flex;gap:4px;padding:6px 6px 6px 16px;border-radius:16px;background:var(--back,#fff);color:var(--text,#1a2027)}
.teaser button{all:unset;cursor:pointer;box-sizing:border-box}
.teaser .text{padding:8px 0;overflow-wrap:anywhere;max-height:7em;overflow:hidden}
.teaser b{display:block;font-weight:600}
.teaser .dismiss{flex:none;width:32px;height:32px;border-radius:50%;text-align:center;font-size:18px;line-height:30px;opacity:.75}
.teaser .dismiss:hover{background:#0000000d}
button:focus-visible{outline:3px solid var(--brand);outline-offset:3px}
@media(max-width:480px){.panel{inset:0;width:100%;height:var(--height,100%);border-radius:0}.open .launcher{display:none}}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
@media(forced-colors:active){.launcher,.teaser{border:2px solid ButtonText}}
.dark{--back:#242a31;--text:#eef1f4}
@media(prefers-color-scheme:dark){.auto{--back:#242a31;--text:#eef1f4}}
@media print{:host{display:none}}`;
