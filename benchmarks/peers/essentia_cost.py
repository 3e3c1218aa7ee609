"""`python -m benchmarks.peers.essentia_cost FILE` prints the CPU seconds of a run of essentia's MusicExtractor."""

import sys
import time

import essentia
import essentia.standard as es

essentia.log.infoActive = False
extractor = es.MusicExtractor()
began = time.process_time()
extractor(sys.argv[1])
print(time.process_time() - began)
