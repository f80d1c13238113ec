// Written by tools/payload_types.py from payloads.py: change it there.

export type Kind = "probability" | "signed";

export type Term = [string, string];

export type HeatmapPlace = "rows" | "columns" | "legend";

export type LinesLabel = "queries" | "keys" | "all" | "everything" | "head" | "cut" | "by_weight" | "by_count" | "turn" | "legend" | "help" | "unlock" | "sparse" | "looks" | "seen" | "hidden" | "mean" | "count" | "count_of" | "plot";

export type Side = "query" | "key";

export type Cut = "weight" | "count";

export type NeuronsColumn = "vector" | "product" | "dot" | "root" | "weight";

export type NeuronsLabel = "vector" | "product" | "dot" | "root" | "weight" | "query" | "keys_help" | "tip";

export type BoardPart = "word" | "position" | "segment" | "sum";

export type BoardColumn = "word" | "position" | "segment" | "sum" | "norm" | "tokens" | "layer" | "guesses";

export type BoardStrip = "word" | "position" | "segment" | "sum" | "input" | "output";

export type BoardPanel = "input" | "encoder" | "output";

export type TourLabel = "offer" | "start" | "no" | "next" | "back" | "done" | "again";

export type PlainLabel = "legend_signed" | "legend_share" | "picture_framed" | "picture_click" | "pick_layer" | "pick_head" | "pick_query" | "pick_unit" | "parts" | "result" | "back" | "next" | "play" | "pause" | "table" | "why" | "source" | "one_number" | "dimension" | "axis_hidden" | "axis_head_size" | "axis_key" | "axis_inner" | "axis_vocab" | "axis_positions" | "axis_segments" | "axis_class" | "asked_back" | "asked_show" | "asked_close" | "asked_learned" | "guess" | "guess_skip" | "guess_right" | "guess_first" | "guess_value_ask" | "guess_value_or" | "guess_value_label" | "guess_value_check" | "guess_value_empty" | "guess_value_close" | "guess_value_both_sharp";

export type FilledLabel = "hidden_columns" | "step_check" | "layer_check" | "dimension_value" | "picture" | "picture_blocks" | "guess_ask" | "guess_wrong" | "guess_progress" | "guess_value_text" | "guess_value_range" | "guess_value_result" | "guess_value_below_even" | "guess_value_both_spread" | "guess_value_sharper" | "guess_value_flatter" | "asked" | "asked_rest" | "asked_check";

export type WalkthroughLabel = "legend_signed" | "legend_share" | "picture_framed" | "picture_click" | "pick_layer" | "pick_head" | "pick_query" | "pick_unit" | "parts" | "result" | "back" | "next" | "play" | "pause" | "table" | "why" | "source" | "one_number" | "dimension" | "axis_hidden" | "axis_head_size" | "axis_key" | "axis_inner" | "axis_vocab" | "axis_positions" | "axis_segments" | "axis_class" | "asked_back" | "asked_show" | "asked_close" | "asked_learned" | "guess" | "guess_skip" | "guess_right" | "guess_first" | "guess_value_ask" | "guess_value_or" | "guess_value_label" | "guess_value_check" | "guess_value_empty" | "guess_value_close" | "guess_value_both_sharp" | "hidden_columns" | "step_check" | "layer_check" | "dimension_value" | "picture" | "picture_blocks" | "guess_ask" | "guess_wrong" | "guess_progress" | "guess_value_text" | "guess_value_range" | "guess_value_result" | "guess_value_below_even" | "guess_value_both_spread" | "guess_value_sharper" | "guess_value_flatter" | "asked" | "asked_rest" | "asked_check" | "row_kind" | "pick_choice";

export type Edges = "head" | "foot";

export interface Header {
  view: string;
}

export interface Token {
  text: string;
  label: string;
  segment: number;
  special: boolean;
  upright: boolean;
}

export interface HeadsShown {
  name: number;
  layer: number;
  head: number;
}

export interface HeatmapLabels {
  rows: string;
  columns: string;
  more: string;
  legend: string;
  keys: string;
  tip: string;
  masked: string;
  hidden: string;
  hidden_tip: string;
}

export interface HeatmapHeader {
  view: string;
  terms: Record<HeatmapPlace, Term[]>;
  kind: Kind;
  scale: "linear" | "log";
  floor: number;
  cells: boolean;
  low: number;
  high: number;
  rows: Token[];
  columns: Token[];
  labels: HeatmapLabels;
  heads?: HeadsShown;
}

export interface HeatmapArrays {
  values: Float32Array<ArrayBuffer>;
  masked?: Uint8Array<ArrayBuffer>;
  hidden?: Float32Array<ArrayBuffer>;
}

export interface HeatmapValues {
  query: number | null;
  key: number | null;
}

export interface HeadsHeader {
  name: number;
}

export interface HeadsArrays {
  heads: Float32Array<ArrayBuffer>;
}

export interface LinesHeader {
  view: string;
  shape: [number, number, number];
  layer: number;
  tokens: Token[];
  labels: Record<LinesLabel, string>;
}

export interface LinesArrays {
  weights?: Float32Array<ArrayBuffer>;
  places?: Uint32Array<ArrayBuffer>;
  values?: Float32Array<ArrayBuffer>;
  hidden: Float32Array<ArrayBuffer>;
}

export interface LinesPlace {
  side: Side;
  index: number;
}

export interface LinesValues {
  query: number | null;
  heads: number[] | null;
  cut: Cut;
  threshold: number;
  count: number;
  across: boolean | null;
  locked: LinesPlace | null;
  everything: boolean;
}

export interface OverviewLabels {
  title: string;
  keys: string;
  pooled: string;
  order: string;
  score: string;
  tip: string;
}

export interface OverviewHeader {
  view: string;
  tokens: Token[];
  marks: string[][] | null;
  labels: OverviewLabels;
}

export interface OverviewArrays {
  pixels: Uint8Array<ArrayBuffer>;
  peaks: Int32Array<ArrayBuffer>;
  peak_weights: Float32Array<ArrayBuffer>;
  order?: Uint32Array<ArrayBuffer>;
  scores?: Float32Array<ArrayBuffer>;
}

export interface OverviewValues {
  layer: number;
  head: number;
}

export interface NeuronsHeader {
  view: string;
  terms: Record<NeuronsColumn, Term[]>;
  query: Token;
  tokens: Token[];
  labels: Record<NeuronsLabel, string>;
}

export interface NeuronsArrays {
  query: Float32Array<ArrayBuffer>;
  keys: Float32Array<ArrayBuffer>;
  dots: Float32Array<ArrayBuffer>;
  scores: Float32Array<ArrayBuffer>;
  weights: Float32Array<ArrayBuffer>;
  closed: Uint8Array<ArrayBuffer>;
}

export interface ArchitectureTour {
  offer: string;
  start: string;
  no: string;
  next: string;
  back: string;
  done: string;
  again: string;
  steps: string[];
}

export interface ArchitectureLabels {
  heading: string;
  board: string;
  more: string;
  tokens: string;
  heads: string;
  output: string;
  panels: Record<BoardPanel, string>;
  columns: Record<BoardColumn, string>;
  strips: Record<BoardStrip, string>;
  notes: Record<BoardPanel, string>;
  legends: Record<"parts" | "hidden" | "attention", string>;
  is_next: string;
  no_pair: string;
  go: string;
  tip_token: string;
  tip_strip: string;
  tip_head: string;
  tip_guess: string;
  tip_next: string;
  tour: ArchitectureTour;
}

export interface ArchitectureHeader {
  view: string;
  tokens: Token[];
  masked: boolean[];
  guesses: [string, number][][];
  is_next: number | null;
  pages: Record<string, string>;
  labels: ArchitectureLabels;
}

export interface ArchitectureArrays {
  vectors: Float32Array<ArrayBuffer>;
  lengths: Float32Array<ArrayBuffer>;
  limits: Float32Array<ArrayBuffer>;
  attention: Uint8Array<ArrayBuffer>;
  best_keys: Uint16Array<ArrayBuffer>;
  best_weights: Float32Array<ArrayBuffer>;
}

export interface ArchitectureValues {
  layer: number;
  head: number;
  query: number;
}

export interface Bar {
  label: string;
  digits: string;
  tag: string;
  marked: boolean;
  action: string;
  baseline: number | null;
}

export interface BarGroup {
  title: string;
  note: string;
  rows: Bar[];
}

export interface RankedBarsHeader {
  view: string;
  label: string;
  scale: string;
  high: number;
  layout: "cards" | "wide" | "prose";
  groups: BarGroup[];
}

export interface RankedBarsArrays {
  values: Float32Array<ArrayBuffer>;
}

export interface PairedSide {
  token: string;
  digits: string;
}

export interface PairedRow {
  a: PairedSide | null;
  b: PairedSide | null;
  difference: string;
  shared: boolean;
}

export interface PairedTotal {
  label: string;
  a: string;
  b: string;
  difference: string;
}

export interface PairedColumns {
  token: string;
  score: string;
  difference: string;
}

export interface PairedBarsHeader {
  view: string;
  label: string;
  scale: string;
  columns: PairedColumns;
  rows: PairedRow[];
  total: PairedTotal;
  action: string;
}

export interface PairedBarsArrays {
  scores: Float32Array<ArrayBuffer>;
}

export interface PairedBarsValues {
  row: number;
}

export interface CellTableHeader {
  view: string;
  label: string;
  legend: string;
  corner: string;
  kind: Kind;
  low: number;
  high: number;
  decimals: number;
  rows: string[];
  marked: number[];
  columns: string[];
  texts: string[][] | null;
  active: boolean;
}

export interface CellTableArrays {
  values: Float32Array<ArrayBuffer>;
}

export interface CellTableValues {
  row: number | null;
  column: number | null;
}

export interface TextTableHeader {
  view: string;
  label: string;
  columns: string[];
  rows: string[][];
  numbers: number[];
}

export interface ChipShown {
  text: string;
  state: string;
  group: number;
  note: string;
  action: string;
  segment: number;
}

export interface ChipLegend {
  state: string;
  text: string;
}

export interface TokenChipsHeader {
  view: string;
  label: string;
  chips: ChipShown[];
  legend: ChipLegend[];
}

export interface TokenChipsValues {
  position: number | null;
}

export interface PictureHeader {
  view: string;
  name: string;
  labels: Record<"svg" | "png", string>;
}

export interface PictureArrays {
  svg: Uint8Array<ArrayBuffer>;
}

export interface Place {
  layer: number;
  head: number;
  query: number;
  unit: number | null;
  candidate: number | null;
}

export interface CellShown {
  stage: string;
  layer: number | null;
  index: number[];
  term?: number;
}

export interface Pattern {
  stage: string;
  layer: number | null;
  index: (number | string)[];
  term?: string;
}

export interface Part {
  id: string;
  title: string;
  layer: boolean;
  step: string;
}

export interface RowShown {
  text: string;
  label: string;
  index: number[];
  special: boolean;
}

export interface ColumnShown {
  id: string;
  kind: "strip" | "number" | "bar";
  symbol: string;
  low: number;
  high: number;
  cell: Pattern | null;
}

export interface EdgeShown {
  symbol: string;
  cell: Pattern | null;
}

export interface WeightsShown {
  symbol: string;
  low: number;
  high: number;
  size: number[];
  block: number[];
  row: number;
  row_name: string;
}

export interface UnitShown {
  chosen: number;
  count: number;
  choices: [number, string][];
}

export interface LineShown {
  stage: string;
  operation: string;
  letters: string[];
  letter: string;
  shown: string;
  uses: Record<string, string>;
}

export interface StepShown {
  id: string;
  sheet: string;
  symbol: string;
  formula: string;
  reveals: string[];
  operands: string[];
  shapes: [string, string[]][];
  lines: LineShown[];
  title: string;
  see: string;
  why: string[];
  source: string;
  check: [number, number] | null;
}

export interface WalkthroughHeader {
  view: string;
  subject: string;
  place: Place;
  address: Record<string, string>;
  sheets: Record<string, string>;
  loose: string[];
  alone: boolean;
  part: string;
  part_title: string;
  parts: Part[];
  before: [string, number] | null;
  after: [string, number] | null;
  sheet: string;
  layers: number[];
  heads: number;
  layer: number;
  head_index: number;
  query: number;
  decimals: number;
  sizes: Record<string, number>;
  tokens: Token[];
  rows: RowShown[];
  columns: ColumnShown[];
  head: Record<string, EdgeShown>;
  foot: Record<string, EdgeShown>;
  pictures: Record<string, WeightsShown>;
  unit: UnitShown | null;
  facts: Record<string, string | number>;
  steps: StepShown[];
  layer_check: number | null;
  labels: Record<WalkthroughLabel, string>;
}

export interface OperandsShown {
  role: string;
  name: string;
  stage: string;
  layer: number | null;
  indices: number[][];
  values: number[];
  headings: string[];
  lit: number[][];
}

export interface Asked {
  cell: CellShown;
  name: string;
  value: number;
  operation: string;
  how: string;
  recomputed: number;
  constants: Record<string, string | number>;
  groups: OperandsShown[];
  shown: number;
  total: number;
  rest: number | null;
  place: Record<string, string | number> | null;
  step_title: string;
  trail: number;
}

export interface WalkthroughValues {
  step: string;
  asked: Asked | null;
}
