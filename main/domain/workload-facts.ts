import type { WorkloadName } from './study-spec.ts';

/** Something published elsewhere that the program cannot bring along. */
export interface Download {
  readonly what: string;
  readonly where: string;
  readonly licence: string;
}

/** Bytes of a message: its head and what is the same in all, and what each item adds. */
export interface WireSize {
  readonly head: number;
  readonly item: number;
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
  /** On the wire with the bundled model and data, mean over the items; null: unknown. */
  readonly wire: Readonly<Record<'http' | 'grpc', { readonly request: WireSize; readonly answer: WireSize }>> | null;
}

const ITEMS_MAX = 10_000;

export const WORKLOADS: Readonly<Record<WorkloadName, WorkloadFacts>> = {
  digits: {
    title: 'Digits, convolutional network', itemUnit: 'images', isStandIn: false, itemsMax: ITEMS_MAX,
    bundledModel: 'trained on real MNIST digits', bundledData: 'MNIST digits held out from training',
    dataAccepted: 'MNIST IDX, pictures',
    downloads: [
      { what: 'the original 10,000 test images, t10k-images-idx3-ubyte.gz', where: 'https://storage.googleapis.com/cvdf-datasets/mnist/t10k-images-idx3-ubyte.gz', licence: 'CC BY-SA 3.0' },
    ],
    wire: {
      http: { request: { head: 213, item: 3745 }, answer: { head: 161, item: 155 } },
      grpc: { request: { head: 69, item: 3136 }, answer: { head: 61, item: 41 } },
    },
  },
  'gan-svhn': {
    title: 'House numbers, GAN discriminator', itemUnit: 'images', isStandIn: true, itemsMax: 3413,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated samples, not SVHN',
    dataAccepted: 'SVHN .mat, pictures',
    downloads: [
      { what: 'test_32x32.mat (64 MB), whose first 3,413 pictures are the request set', where: 'http://ufldl.stanford.edu/housenumbers/test_32x32.mat', licence: 'for non-commercial use only' },
      { what: 'the report’s GAN as a SavedModel: folder gan-export of this repository, formerly of Vetal1977; takes JPEG bytes', where: 'https://github.com/vbezgachev/tf_serving_example', licence: 'none stated in the repository' },
    ],
    wire: {
      http: { request: { head: 172, item: 20177 }, answer: { head: 162, item: 135 } },
      grpc: { request: { head: 70, item: 12289 }, answer: { head: 63, item: 41 } },
    },
  },
  'resnet-cifar10': {
    title: 'CIFAR-10 pictures, residual network', itemUnit: 'images', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated samples, not CIFAR-10',
    dataAccepted: 'CIFAR-10 binary batches, pictures',
    downloads: [
      { what: 'test_batch.bin, in cifar-10-binary.tar.gz (162 MB)', where: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', licence: 'none stated; cite Krizhevsky, 2009' },
      { what: 'resnet_v2_fp32_savedmodel_NHWC_jpg.tar.gz: ResNet-50 on ImageNet as a SavedModel that takes JPEG bytes', where: 'https://storage.googleapis.com/download.tensorflow.org/models/official/20181001_resnet/savedmodels/resnet_v2_fp32_savedmodel_NHWC_jpg.tar.gz', licence: 'Apache 2.0' },
    ],
    wire: {
      http: { request: { head: 163, item: 1740 }, answer: { head: 159, item: 212 } },
      grpc: { request: { head: 60, item: 1299 }, answer: { head: 99, item: 49 } },
    },
  },
  opennmt: {
    title: 'Translation, English to German', itemUnit: 'sentences', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated sentences, not WMT',
    dataAccepted: 'text, one sentence a line; SGML of WMT',
    downloads: [
      { what: 'newstest2015-ende-src.en.sgm, in the development sets dev.tgz', where: 'http://data.statmt.org/wmt16/translation-task/dev.tgz', licence: 'free for research; see statmt.org/wmt16/translation-task.html' },
      { what: 'averaged-ende-export500k-v2.tar.gz: the pretrained English–German Transformer of OpenNMT-tf as a SavedModel. Its tokens are those of the SentencePiece model inside: tokenise the text with it first', where: 'https://s3.amazonaws.com/opennmt-models/averaged-ende-export500k-v2.tar.gz', licence: 'MIT' },
    ],
    wire: {
      http: { request: { head: 101, item: 201 }, answer: { head: 0, item: 506 } },
      grpc: { request: { head: 33, item: 150 }, answer: { head: 0, item: 326 } },
    },
  },
  deepspeech: {
    title: 'Speech to text, recurrent network', itemUnit: 'utterances', isStandIn: true, itemsMax: ITEMS_MAX,
    bundledModel: 'stand-in model, random weights', bundledData: 'generated sounds, not speech',
    dataAccepted: 'WAV files',
    downloads: [
      { what: 'LibriSpeech test-clean (346 MB, FLAC: convert to WAV)', where: 'https://www.openslr.org/resources/12/test-clean.tar.gz', licence: 'CC BY 4.0' },
      { what: 'DeepSpeech 0.9.3; its .pbmm and .tflite files are not SavedModels and must be translated first', where: 'https://github.com/mozilla/DeepSpeech/releases/tag/v0.9.3', licence: 'MPL 2.0' },
    ],
    wire: {
      http: { request: { head: 0, item: 11666 }, answer: { head: 28, item: 328 } },
      grpc: { request: { head: 0, item: 7141 }, answer: { head: 0, item: 319 } },
    },
  },
  own: {
    title: 'Your own model and data', itemUnit: 'items', isStandIn: false, itemsMax: ITEMS_MAX,
    bundledModel: null, bundledData: null,
    dataAccepted: 'pictures, MNIST IDX, .mat, .bin, text, WAV, CSV, JSON',
    downloads: [],
    wire: null,
  },
};
