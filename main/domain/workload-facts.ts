import type { WorkloadName } from './study-spec.ts';

/** Something published elsewhere that the program cannot bring along. */
export interface Download {
  readonly what: string;
  readonly where: string;
  readonly licence: string;
}

/** What a workload is, in the words the screens and the command line share. */
export interface WorkloadFacts {
  readonly title: string;
  /** "images": what one request carries. */
  readonly itemUnit: string;
  /** What comes with the program; null: nothing. */
  readonly bundledModel: string | null;
  readonly bundledData: string | null;
  /** Weights drawn at random: the work is real, the answers mean nothing. */
  readonly isStandIn: boolean;
  /** Items at most: the source report's request set where it names one. */
  readonly itemsMax: number;
  readonly dataAccepted: string;
  readonly downloads: readonly Download[];
}

const ITEMS_MAX = 10_000;

export const WORKLOADS: Readonly<Record<WorkloadName, WorkloadFacts>> = {
  digits: {
    title: 'Digits, convolutional network', itemUnit: 'images', isStandIn: false, itemsMax: ITEMS_MAX,
    bundledModel: 'trained on real MNIST digits', bundledData: 'MNIST digits held out from training',
    dataAccepted: 'MNIST IDX, pictures',
    downloads: [{ what: 'the original test images, t10k-images-idx3-ubyte.gz', where: 'http://yann.lecun.com/exdb/mnist/ and its mirrors', licence: 'CC BY-SA 3.0' }],
  },
  'gan-svhn': {
    title: 'House numbers, GAN discriminator', itemUnit: 'images', isStandIn: true, itemsMax: 3413,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated samples, not SVHN',
    dataAccepted: 'SVHN .mat, pictures',
    downloads: [
      { what: 'test_32x32.mat (64 MB)', where: 'http://ufldl.stanford.edu/housenumbers/', licence: 'for non-commercial use only' },
      { what: 'the semi-supervised GAN as a SavedModel', where: 'https://github.com/Vetal1977/tf_serving_example', licence: 'Apache 2.0' },
    ],
  },
  'resnet-cifar10': {
    title: 'CIFAR-10 pictures, residual network', itemUnit: 'images', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated samples, not CIFAR-10',
    dataAccepted: 'CIFAR-10 binary batches, pictures',
    downloads: [
      { what: 'cifar-10-binary.tar.gz (162 MB), test_batch.bin in it', where: 'https://www.cs.toronto.edu/~kriz/cifar.html', licence: 'none stated; cite Krizhevsky, 2009' },
      { what: 'resnet_v2_fp32_savedmodel_NHWC_jpg.tar.gz, takes JPEG bytes', where: 'http://download.tensorflow.org/models/official/20181001_resnet/savedmodels/', licence: 'Apache 2.0' },
    ],
  },
  opennmt: {
    title: 'Translation, English to German', itemUnit: 'sentences', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated sentences, not WMT',
    dataAccepted: 'text, one sentence a line; SGML of WMT',
    downloads: [
      { what: 'newstest2015.en, in the development sets', where: 'https://www.statmt.org/wmt16/translation-task.html', licence: 'free for research' },
      { what: 'the pretrained English–German Transformer of OpenNMT-tf as a SavedModel', where: 'https://opennmt.net/Models-tf/', licence: 'MIT' },
    ],
  },
  deepspeech: {
    title: 'Speech to text, recurrent network', itemUnit: 'utterances', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated sounds, not speech',
    dataAccepted: 'WAV files',
    downloads: [
      { what: 'utterances in WAV, for example LibriSpeech test-clean (346 MB, FLAC: convert to WAV)', where: 'https://www.openslr.org/12', licence: 'CC BY 4.0' },
      { what: 'DeepSpeech; its files are not SavedModels and must be translated first', where: 'https://github.com/mozilla/DeepSpeech', licence: 'MPL 2.0' },
    ],
  },
  own: {
    title: 'Your own model and data', itemUnit: 'items', isStandIn: false, itemsMax: ITEMS_MAX,
    bundledModel: null, bundledData: null,
    dataAccepted: 'pictures, MNIST IDX, .mat, .bin, text, WAV, CSV, JSON',
    downloads: [],
  },
};
