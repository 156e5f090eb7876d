"""From a recording alone to who said what, when: voice activity, recognition, speakers."""
