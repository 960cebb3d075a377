// Texts that every engine must give the same vectors for: lengths that fill tiles and leave some open.
const WORDS =
  'place cells of the hippocampus replay routes while rats sleep and α-synuclein aggregates in 2022'.split(
    ' ',
  );

export const TEXTS = [1, 2, 5, 11, 30, 64, 130].map((count) =>
  Array.from({ length: count }, (_, i) => WORDS[(i * 7 + count) % WORDS.length]).join(' '),
);
