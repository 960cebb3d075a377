/* PyTorch checkpoints, pytorch_model.bin, in both of PyTorch's formats:
 *
 *   zip      since 1.6: NAME/data.pkl is the state dict, NAME/data/KEY one storage each
 *   legacy   before: five pickles (magic number, protocol, system, state dict, list of keys),
 *            then for each key the storage's element count (8 bytes) and its elements
 *
 * Tensors may share a storage, begin anywhere in it and be strided; their whole strided extent is
 * checked to be inside the storage. Big-endian files are refused. Source: PyTorch 1.13,
 * torch/serialization.py. */
#ifndef TORCH_FILE_H
#define TORCH_FILE_H

#include "tensors/weights.h"

/* Reads the state dict. bytes must outlive *out, whose list and names are in the arena. The
 * storages of a zip file are read once, to verify their CRC-32. Returns RS_ERR_FORMAT, whose
 * message names the tensor, storage, opcode or entry at fault, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status torch_file_open(arena *a, const uint8_t *bytes, size_t size, weights *out,
                                      rs_error *error);

#endif
