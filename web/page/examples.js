/** Example texts. All are invented: no such study exists. */
export const sleep = `Brief sounds at the right phase of slow waves decide which new memories the sleeping hippocampus keeps

Slow waves of the cortex are thought to tell the hippocampus when to replay the day. Whether their timing matters, or only their number, is unknown. We recorded place cells and prefrontal field potentials of rats that slept after learning a maze, and played clicks either on the rising or on the falling flank of each slow wave. Clicks on the rising flank raised the rate of sharp-wave ripples and of replay, and the maze was remembered better a day later. Clicks on the falling flank evoked as many slow waves and did nothing for memory. Spindles followed within a second in the first condition only. What counts for consolidation is how cortex, thalamus and hippocampus are coupled, rather than the depth of sleep.`;

/** Texts by the data-example of their buttons in index.html.
 * @type {Record<string, string>} */
export const EXAMPLES = {
  sleep,

  microglia: `How ageing immune cells of the brain lose control over amyloid and feed on synapses

In Alzheimer's disease, microglia crowd around plaques and yet fail to remove them. We followed single microglia in living mice with human amyloid for five months by two-photon microscopy, and then sequenced the same cells. Young cells enclosed small deposits and kept neurites near them intact. From ten months onward more and more cells withdrew their processes, filled with lipid and carried fragments of excitatory synapses. Deleting APOE in microglia slowed this change; an antibody that activates TREM2 postponed it by six weeks. In tissue of 31 donors the second state was found where tau tangles were dense and synapses few. We propose that a loss of barrier function is followed by harmful phagocytosis, with a window for treatment between the two.`,

  interface: `A typing interface for people with paralysis that adapts to the drift of cortical recordings while it is used

Implanted electrode arrays allow people with tetraplegia to write by attempting movements of the hand, but the decoder has to be recalibrated as neural signals change from day to day. We present a method that infers which letters the user meant from the sentence that was finally accepted, and retrains itself on these guesses overnight. Two participants with arrays in motor cortex used it at home for seven months. Characters typed per minute stayed at 61 and 48, while a decoder that was left unchanged fell to a fifth within six weeks. Corrections became rarer over time. Neither participant was ever asked to copy a prompt. An intracortical neural interface can thus be kept in tune by nothing but its everyday use.`,

  pain: `Why does a gentle brush hurt? Loss of inhibition in the dorsal horn after injury of a nerve

People with neuropathic pain often cannot bear clothes on their skin, although light touch is carried by fibres that do not normally signal pain. We compared 40 patients with nerve injury, with and without such allodynia, by microneurography, sensory testing and spinal imaging, and asked the same question in mice with recordings from the superficial spinal cord. Touch fibres reached nociceptive neurons through a polysynaptic path that glycine keeps closed in healthy animals. Reopening chloride extrusion closed it again and relieved mechanical hypersensitivity, not heat pain. Patients with allodynia showed weaker descending inhibition and larger spinal responses to a brush. Tests of inhibition could tell who will profit from drugs that restore it.`,

  speech: `Following one voice in a crowd: what the auditory cortex of older listeners with hearing loss still selects

Conversation in a noisy restaurant is the first thing that many people with hearing loss give up. We recorded magnetoencephalography from 45 listeners aged 25 to 80 who attended to one of two talkers, with and without hearing aids, and measured how closely cortical activity followed the envelope of each voice. Ageing raised the response to the voice that was to be ignored, and left that to the attended one as it was. Amplification improved audibility but enlarged both responses alike. The balance between them, and not the audiogram, predicted how many words were understood in babble. Brainstem responses to a syllable were weak in listeners with the poorest balance, which suggests a degraded code at the auditory nerve.`,
};
