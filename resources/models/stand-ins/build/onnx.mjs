/** Writes the ONNX format with protobufjs alone: the part of onnx.proto that the stand-ins need, loops included. */
import protobuf from 'protobufjs';
import { normal } from './random.mjs';

const SCHEMA = `
syntax = "proto3";
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
  repeated AttributeProto attribute = 5; string domain = 7; }
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; GraphProto g = 6; repeated float floats = 7;
  repeated int64 ints = 8; repeated bytes strings = 9; int32 type = 20; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { Tensor tensor_type = 1; message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; message Dimension { int64 dim_value = 1; string dim_param = 2; } }
`;
export const TYPES = { float: 1, int8: 3, int32: 6, int64: 7, string: 8, bool: 9 };
const [FLOAT, INT, STRING, GRAPH, INTS, STRINGS] = [1, 2, 3, 5, 7, 8];

/** Collects nodes and initializers of one graph; values are named by the caller or counted. */
export class Graph {
  nodes = [];
  initializers = [];
  #count = 0;
  #random;

  /** @param {string} name @param {() => number} random where the weights come from */
  constructor(name, random) {
    this.name = name;
    this.#random = random;
  }

  fresh(hint) {
    this.#count += 1;
    return `${this.name}.${hint}${this.#count}`;
  }

  /** @returns {string} the (first) output's name */
  node(opType, inputs, attributes = {}, { outputs = 1, name, domain = '' } = {}) {
    const first = name ?? this.fresh(opType.toLowerCase());
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? first : `${first}.${i}`));
    this.nodes.push({ opType, input: inputs, output, name: first, domain, attribute: Object.entries(attributes).map(attribute) });
    return first;
  }

  /** Whole numbers as an int64 tensor. */
  ints(values, dims = [values.length]) {
    const name = this.fresh('ints');
    const data = BigInt64Array.from(values.map(BigInt));
    this.initializers.push({ name, dims, dataType: TYPES.int64, rawData: bytesOf(data) });
    return name;
  }

  floats(values, dims = [values.length]) {
    const name = this.fresh('floats');
    this.initializers.push({ name, dims, dataType: TYPES.float, rawData: bytesOf(Float32Array.from(values)) });
    return name;
  }

  bool(value) {
    const name = this.fresh('bool');
    this.initializers.push({ name, dims: [], dataType: TYPES.bool, rawData: Uint8Array.of(value ? 1 : 0) });
    return name;
  }

  /**
   * Random weights of standard deviation `scale`, kept as bytes and spread to floats when the model is loaded (the engine
   * folds the constants): a quarter of the file, the same cost per item.
   */
  weights(dims, scale) {
    const name = this.fresh('weights');
    const size = dims.reduce((a, b) => a * b, 1);
    const values = Int8Array.from({ length: size }, () => Math.max(-127, Math.min(127, Math.round(normal(this.#random) * 42))));
    this.initializers.push({ name, dims, dataType: TYPES.int8, rawData: bytesOf(values) });
    return this.node('Mul', [this.node('Cast', [name], { to: TYPES.float }), this.floats([scale / 42], [])]);
  }

  /** x·W + b. @param {boolean} bias */
  dense(x, inputs, outputs) {
    return this.node('Add', [this.node('MatMul', [x, this.weights([inputs, outputs], Math.sqrt(1 / inputs))]), this.weights([outputs], 0.05)]);
  }

  proto(inputs, outputs) {
    return { name: this.name, node: this.nodes, initializer: this.initializers, input: inputs, output: outputs };
  }
}

function attribute([name, value]) {
  if (Array.isArray(value)) {
    return typeof value[0] === 'string' ? { name, strings: value.map((text) => Buffer.from(text)), type: STRINGS } : { name, ints: value, type: INTS };
  }
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: STRING };
  if (typeof value === 'object' && 'float' in value) return { name, f: value.float, type: FLOAT };
  if (typeof value === 'object') return { name, g: value, type: GRAPH };
  return { name, i: value, type: INT };
}

function bytesOf(values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** @param {string} name @param {keyof typeof TYPES} type @param {(number | string)[]} shape text where any size goes */
export function value(name, type, shape) {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: TYPES[type], shape: { dim } } } };
}

/** @returns {Uint8Array} an ONNX file */
export function encodeModel(graph) {
  const type = protobuf.parse(SCHEMA).root.lookupType('ModelProto');
  return type.encode(type.fromObject({
    irVersion: 8, producerName: 'servescape', graph, opsetImport: [{ domain: '', version: 17 }, { domain: 'ai.onnx.ml', version: 2 }],
  })).finish();
}
