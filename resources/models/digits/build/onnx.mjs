/** Writes the ONNX format with protobufjs alone: the part of onnx.proto that a small network needs. */
import protobuf from 'protobufjs';

const SCHEMA = `
syntax = "proto3";
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; }
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8; int32 type = 20; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { Tensor tensor_type = 1; message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; message Dimension { int64 dim_value = 1; string dim_param = 2; } }
`;
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const INTS = 7;
const IR_VERSION = 8;
const OPSET = 13;

/** @param {string} name @param {number[]} dims @param {Float32Array} values */
export function tensor(name, dims, values) {
  return { name, dims, dataType: FLOAT, rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** @param {string} opType @param {string[]} input @param {string} output @param {Record<string, number | string | number[]>} attributes */
export function node(opType, input, output, attributes = {}) {
  const attribute = Object.entries(attributes).map(([name, value]) => {
    if (Array.isArray(value)) return { name, ints: value, type: INTS };
    if (typeof value === 'string') return { name, s: Buffer.from(value), type: STRING };
    return { name, i: value, type: INT };
  });
  return { opType, input, output: [output], name: output, attribute };
}

/** A float tensor whose first dimension is free. @param {string} name @param {number[]} rowShape */
export function batchOf(name, rowShape) {
  const dim = [{ dimParam: 'batch' }, ...rowShape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

/** @returns {Uint8Array} an ONNX file */
export function encodeModel(graph) {
  const type = protobuf.parse(SCHEMA).root.lookupType('ModelProto');
  return type.encode(type.fromObject({
    irVersion: IR_VERSION, producerName: 'servescape', graph, opsetImport: [{ domain: '', version: OPSET }],
  })).finish();
}
