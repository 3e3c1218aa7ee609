"""`python -m benchmarks.peers.essentia_cost FILE` prints CPU seconds of three runs of essentia's MusicExtractor."""

import sys
import time

import essentia
import essentia.standard as es

essentia.log.infoActive = False
for _ in range(3):
    began = time.process_time()
    es.MusicExtractor()(sys.argv[1])
    print(time.process_time() - began)
