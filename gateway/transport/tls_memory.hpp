#pragma once

namespace yett::transport {

// Lets every thread keep the few record buffers, and the notes on their lengths, that OpenSSL takes and gives back with
// each record of a connection that holds none while it is idle. Without it they tear
// holes of 17 KiB into the heap, which small long-lived blocks then keep from being used
// again: a fifth of the memory of many idle connections.
//
// Has to come before OpenSSL's first allocation; false when it is too late, which costs
// memory and nothing else.
bool keep_tls_buffers();

} // namespace yett::transport
