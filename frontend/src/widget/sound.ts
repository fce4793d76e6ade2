/** A short double tone for a new message. Browsers allow sound only after a gesture, and so do we. */
let audio: AudioContext | null = null;

/** Wait for the first gesture on this page. */
export function armSound(): void {
  const arm = () => {
    audio ??= "AudioContext" in globalThis ? new AudioContext() : null;
    removeEventListener("pointerdown", arm);
    removeEventListener("keydown", arm);
  };
  addEventListener("pointerdown", arm);
  addEventListener("keydown", arm);
}

export function beep(): void {
  if (!audio) return;
  void audio.resume();
  tone(audio, 660, 0);
  tone(audio, 880, 0.12);
}

function tone(context: AudioContext, frequency: number, delayS: number): void {
  const at = context.currentTime + delayS;
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.08, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.25);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.3);
}
