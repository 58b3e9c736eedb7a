/** Words of the generated sentences and of the stand-in translator. Written for this purpose, no corpus behind them. */
import { integer } from './random.mjs';

const NOUNS = 'house garden river teacher student window market bridge engine doctor city village train letter book morning evening station picture question answer machine farmer baker island mountain forest ship harbour road library museum kitchen table lamp bicycle child friend neighbour story song minister report council company worker price winter summer journey ticket'.split(' ');
const ADJECTIVES = 'old new small large quiet bright early late simple narrow green red careful busy empty famous friendly heavy modern distant warm cold open honest curious'.split(' ');
const VERBS = 'finds opens reads paints repairs sells visits describes follows remembers explains watches builds carries crosses discusses expects forgets imagines measures'.split(' ');
const ADVERBS = 'quickly slowly often rarely together again yesterday today tomorrow outside carefully finally'.split(' ');
const LINKS = ['and', 'but', 'while', 'because', 'although', 'before', 'after'];
const PLACES = ['near', 'behind', 'under', 'beside', 'above', 'inside', 'without'];
const DETERMINERS = ['the', 'a', 'this', 'every', 'another', 'our', 'their'];
export const ENGLISH = [...new Set([...NOUNS, ...ADJECTIVES, ...VERBS, ...ADVERBS, ...LINKS, ...PLACES, ...DETERMINERS, ',', '.', '?'])];

const FIRST = 'Haus Garten Fluss Stadt Wald Berg Schul Brief Zug Buch Morgen Abend Markt Hafen Wasser Winter Sommer Stein Holz Licht Bild Land Feld Brot Glas'.split(' ');
const SECOND = 'tür weg brücke haus platz karte zeit werk seite bank stück fahrt gang dach licht mauer garten tisch bild turm'.split(' ');
const GERMAN_SHORT = 'der die das ein eine und aber weil obwohl während nach vor neben hinter unter über ohne ist war wird hat findet öffnet liest malt baut trägt sieht geht kommt schnell langsam oft selten zusammen wieder gestern heute morgen draußen , . ?'.split(' ');
export const GERMAN = [...GERMAN_SHORT, ...FIRST.flatMap((first) => SECOND.map((second) => first + second))];

/** One sentence of a small grammar; most are short, some run on. */
export function sentence(random) {
  const pick = (words) => words[integer(random, 0, words.length - 1)];
  const thing = () => [pick(DETERMINERS), ...(random() < 0.6 ? [pick(ADJECTIVES)] : []), pick(NOUNS)];
  const clause = () => [
    ...thing(), ...(random() < 0.3 ? [pick(ADVERBS)] : []), pick(VERBS), ...thing(), ...(random() < 0.45 ? [pick(PLACES), ...thing()] : []),
  ];
  const words = clause();
  while (random() < 0.42 && words.length < 45) words.push(...(random() < 0.3 ? [','] : []), pick(LINKS), ...clause());
  const text = words.join(' ').replaceAll(' ,', ',');
  return `${text[0].toUpperCase()}${text.slice(1)}${random() < 0.1 ? '?' : '.'}`;
}
