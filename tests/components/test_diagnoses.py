"""Diagnoses: what is one, where its span begins and ends, and how far the grammar reaches beyond the letters."""

import re

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.doc import spans as annotate
from imr_nlp.text.misspellings import Respeller
from support.pipes import shared

BLANK = {"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}}


@pytest.fixture(scope="module")
def nlp():
    return shared("imr_diagnoses")


def found(nlp, text):
    return [span.text for span in annotate.spans_of(nlp(text), "imr", "DIAGNOSIS")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MRI showed a left knee medial meniscus tear.", ["left knee medial meniscus tear"]),
        ("There is a disc protrusion at L1-L2, L3-L4.", ["disc protrusion at L1-L2, L3-L4"]),
        ("He has chronic lumbar radiculopathy secondary to a fall.", ["chronic lumbar radiculopathy"]),
        ("He cannot stand long, secondary to peripheral neuropathy.", ["peripheral neuropathy"]),
        ("There is moderate to severe distal neuropathy.", ["moderate to severe distal neuropathy"]),
        ("Films show a mildly impacted fracture of the distal ulna.", ["mildly impacted fracture of the distal ulna"]),
        ("She has a lumbar sprain, right knee contusion.", ["lumbar sprain", "right knee contusion"]),
        ("The worker has radiculopathy, cervical region.", ["radiculopathy, cervical region"]),
        ("Possible neck and back strain.", ["neck and back strain"]),
        ("Cervical, thoracic and lumbar strain were noted.", ["Cervical, thoracic and lumbar strain"]),
        ("History of hypertension, anxiety and insomnia.", ["hypertension", "anxiety", "insomnia"]),
        ("He has a torn rotator cuff.", ["torn rotator cuff"]),
        ("Rule out infection or fracture/dislocation.", ["infection", "fracture", "dislocation"]),
        ("A right wrist sprain/strain was found.", ["right wrist sprain/strain"]),
        ("An acute injury to the left ankle is described.", ["acute injury to the left ankle"]),
        (
            "Strain of unspecified muscle, fascia and tendon at forearm level, left arm.",
            ["Strain of unspecified muscle, fascia and tendon at forearm level, left arm"],
        ),
        ("A left plantaris tear is likely.", ["left plantaris tear"]),
        ("He has Brugada syndrome.", ["Brugada syndrome"]),
        ("A scope had shown eosinophilic colitis.", ["eosinophilic colitis"]),
        ("He had seen chronic gout before.", ["chronic gout"]),
    ],
)
def test_span_is_the_longest_name_of_the_one_condition(nlp, text, names):
    assert found(nlp, text) == names


#: Invented sentences from many specialties; brackets mark the diagnoses.
MENTIONS = """
MRI demonstrated a [broad-based posterior disc bulge at L4-5] with [moderate bilateral neuroforaminal stenosis].
There is a [3 mm left paracentral disc extrusion at C6-7] abutting the cord.
CT myelogram showed [congenital lumbar canal stenosis].
He has [failed back surgery syndrome] after fusion.
She is being treated for [post-laminectomy syndrome of the lumbar spine].
Films revealed a [grade II isthmic spondylolisthesis at L5-S1].
X-rays showed [hardware loosening] and [pseudarthrosis at L4-5].
Impression: [lumbar facet syndrome], [sacroiliac joint dysfunction].
He was found to have [adjacent segment disease] above the fusion.
The scan revealed a [T12 burst fracture] with retropulsion.
There is an [old compression deformity of L1].
She has [degenerative scoliosis] and [flatback syndrome].
He developed [cauda equina syndrome] in 2014.
EMG was consistent with [chronic right S1 radiculopathy].
Nerve studies found [moderate left median neuropathy at the wrist].
MRI of the neck revealed [cervical spondylotic myelopathy].
The diagnosis was [whiplash associated disorder].
He has [thoracic myofascial strain] and [rib dysfunction].
MRI reported an [annular fissure at L3-4].
There is [Modic type 1 endplate change at L5-S1].
MRI of the shoulder revealed a [near full-thickness articular-sided supraspinatus tear].
She developed [adhesive capsulitis of the left shoulder].
He has a [type II SLAP lesion] and [biceps anchor instability].
There is a [reverse Hill-Sachs lesion].
The arthrogram showed a [bony Bankart lesion].
Findings include [calcific tendinitis of the right rotator cuff].
The X-ray showed a [comminuted proximal humerus fracture].
He has a [grade III acromioclavicular separation].
MRI showed [mild AC joint arthrosis] and [subacromial-subdeltoid bursitis].
He has [left scapulothoracic bursitis].
There is evidence of [os acromiale].
She was diagnosed with [long head of biceps rupture].
MRI of the left knee showed a [bucket-handle tear of the medial meniscus].
It also showed [grade 4 chondromalacia patellae].
There is a [radial tear of the posterior root of the lateral meniscus].
She has [end-stage tricompartmental osteoarthritis of the right knee].
He has [patellofemoral pain syndrome] and a [large Baker's cyst].
The MRI showed a [complete ACL rupture] and a [bone bruise of the lateral femoral condyle].
She has [iliotibial band syndrome].
He developed [arthrofibrosis] after the replacement.
There is [aseptic loosening of the tibial component].
A [periprosthetic joint infection] was treated in March.
He is diagnosed with [pes anserine bursitis].
The X-ray showed a [nondisplaced fibular head fracture].
She has [de Quervain's tenosynovitis of the right wrist].
He has [trigger finger of the left ring finger].
An examination was consistent with [mallet finger].
There is a [scaphoid nonunion] with [avascular necrosis of the proximal pole].
MRI revealed a [central TFCC perforation].
She has a [dorsal ganglion cyst of the left wrist].
He has [bilateral carpal tunnel syndrome, right greater than left].
There is [ulnar impaction syndrome].
Diagnoses include [boxer's fracture of the right hand] and [flexor tendon laceration of the index finger].
He has [Dupuytren's contracture].
She suffers from [thumb CMC arthritis].
X-rays showed [scapholunate dissociation].
He had a [crush injury of the left hand] with [nail bed laceration].
He was diagnosed with [lateral epicondylitis] and [radial tunnel syndrome].
There was [ulnar nerve subluxation at the elbow].
He has [olecranon bursitis].
She has [bilateral cubital tunnel syndrome].
X-rays showed a [radial head fracture].
He sustained a [traumatic amputation of the left thumb].
The worker is status post [right below-knee amputation].
She has [phantom limb pain syndrome].
He has [painful stump neuroma].
Diagnoses were [complex regional pain syndrome type I of the right upper extremity].
She has [reflex sympathetic dystrophy].
He carries a diagnosis of [causalgia of the lower limb].
The hip MRI showed a [femoroacetabular impingement] and [acetabular labral tear].
She has [greater trochanteric pain syndrome].
He has [gluteus medius tendinopathy].
X-rays showed [heterotopic ossification].
He sustained an [intertrochanteric hip fracture].
She has [piriformis syndrome] and [coccydynia].
He has [plantar fasciitis] and a [calcaneal spur].
There is [posterior tibial tendon dysfunction].
The ankle MRI showed an [anterior talofibular ligament tear].
He has an [osteochondral lesion of the talar dome].
X-rays revealed a [Lisfranc fracture-dislocation].
She has [Morton's neuroma of the third web space].
He has a [bimalleolar fracture] and [syndesmotic disruption].
He has [insertional Achilles tendinosis].
She has [hallux valgus] and [hammertoe deformity].
She has [tarsal tunnel syndrome].
He has a [stress fracture of the second metatarsal].
The patient had a [mild traumatic brain injury] with [post-concussive syndrome].
CT of the head revealed a [small subdural hematoma].
She has [post-traumatic headache] and [cervicogenic headache].
He was diagnosed with [benign paroxysmal positional vertigo].
There was [diffuse axonal injury].
He has a [mild neurocognitive disorder].
She suffers from [chronic migraine without aura].
He has [occipital neuralgia] and [trigeminal neuralgia].
The CT showed a [depressed skull fracture].
He has [post-traumatic epilepsy].
He was diagnosed with [major depressive disorder, single episode, severe].
She has [generalized anxiety disorder] and [panic attacks].
He meets criteria for [posttraumatic stress disorder].
She has [adjustment disorder with mixed anxiety and depressed mood].
Diagnoses include [pain disorder associated with psychological factors].
He has [opioid use disorder].
There is a concern for [opioid dependence].
She has [bipolar disorder].
He developed [psychophysiological insomnia].
She has [agoraphobia] and [somatic symptom disorder].
He has a history of [alcohol abuse].
She has [dysthymia].
There is [male erectile dysfunction].
She has [hypoactive sexual desire disorder].
He suffers from [psychogenic erectile dysfunction] and [bruxism].
He has [uncontrolled type 2 diabetes mellitus].
She has [diabetic peripheral neuropathy].
He has a [diabetic foot ulcer] with [osteomyelitis].
The labs showed [hyperlipidemia] and [vitamin D deficiency].
She has [hypothyroidism] and [morbid obesity].
He has [essential hypertension] and [stage 3 chronic kidney disease].
She has [iron deficiency anemia].
He has [low testosterone] and [opioid-induced hypogonadism].
There is a history of [gout] and [rheumatoid arthritis].
She was treated for [systemic lupus erythematosus].
He has [ankylosing spondylitis].
She has [fibromyalgia].
He has [metabolic syndrome].
He has [coronary artery disease] and [atrial fibrillation].
She had an [acute myocardial infarction] in 2012.
He has [hypertensive heart disease] with [left ventricular hypertrophy].
The echo showed [mitral valve regurgitation].
He has [congestive heart failure].
There was [supraventricular tachycardia].
She has [varicose veins of the left leg].
She had a [deep vein thrombosis of the right calf] and [pulmonary embolism].
He has [peripheral arterial disease].
She has [chronic venous insufficiency].
She has [occupational asthma] and [allergic rhinitis].
He has [chronic obstructive pulmonary disease].
CT of the chest showed [interstitial lung disease].
She has [reactive airway disease].
He developed [valley fever] and [pneumonia].
There is [silicosis].
He has [severe obstructive sleep apnea].
She has [restless legs syndrome].
He has [gastroesophageal reflux disease] and [NSAID-induced gastritis].
The endoscopy showed a [hiatal hernia] and [erosive esophagitis].
She has [irritable bowel syndrome].
He has [opioid-induced constipation].
She has [H. pylori infection].
There is a [right inguinal hernia].
He has a [recurrent umbilical hernia].
CT showed a [large ventral incisional hernia].
She has [internal hemorrhoids] and [diverticulosis].
He has [fatty liver disease].
She has [cholelithiasis].
He has [lower GI bleeding].
He has [neurogenic bladder].
She has [stress urinary incontinence].
He has [benign prostatic hyperplasia].
She has a [urinary tract infection].
There is a [left renal cyst].
He has [contact dermatitis of both hands].
She has [cellulitis of the left lower leg].
There was [wound dehiscence].
He has a [hypertrophic scar].
She has a [keloid] and [hyperpigmentation].
He sustained [second-degree burns of the face and neck].
She has [plaque psoriasis].
She has a [stage III sacral pressure ulcer].
He has [actinic keratosis].
He had a [MRSA infection] of the wound.
She has [onychomycosis].
She has [herpes zoster].
He has [squamous cell carcinoma of the left ear].
She has [metastatic breast cancer].
He has [multiple myeloma].
He was treated for [stage IIIA non-small cell lung cancer].
She has [malignant melanoma of the back].
There was a [benign thyroid nodule].
He has a [corneal abrasion of the right eye].
She has a [retinal detachment] and a [traumatic cataract].
There is [dry eye syndrome].
He has [open-angle glaucoma].
She has [convergence insufficiency].
There was a [left orbital blowout fracture].
He has [diabetic retinopathy].
She has a [tympanic membrane perforation].
He has a [deviated nasal septum].
She has [chronic maxillary sinusitis].
He has [vocal cord paralysis] and [dysphonia].
She has [temporomandibular joint disorder].
He has [dental caries] and [periodontal disease].
She has [xerostomia].
He had a [mandibular fracture].
She has [multiple sclerosis].
He had an [ischemic stroke] with [left hemiparesis].
She has [Parkinson's disease].
He has [incomplete C6 tetraplegia].
There is [foot drop].
He has [meralgia paresthetica].
She has [Guillain-Barre syndrome].
He has [thoracic outlet syndrome] and a [brachial plexus injury].
She has [common peroneal nerve palsy].
There is [small fiber neuropathy].
She has [post-herpetic neuralgia].
He has [superficial radial nerve neuritis].
He had [carbon monoxide poisoning].
She has [latex allergy].
He sustained [multiple rib fractures] and a [left pneumothorax].
She had a [dog bite to the right forearm].
He had a [splenic laceration].
He has [rhabdomyolysis] and [compartment syndrome of the left leg].
There was [heat exhaustion].
She has [lymphedema of the right arm].
There is [chronic regional myofascial pain syndrome].
She was seen for [cervical strain/sprain] and [bilateral shoulder impingement syndrome].
The progress note lists [lumbar disc displacement without myelopathy].
Assessment: [left knee pain], [medial meniscus tear], [gait abnormality].
She was diagnosed with [chronic pain syndrome], [muscle spasm of the back] and [long-term opioid use].
He denies [diabetes], [asthma] or [seizures].
Guidelines recommend MRI where [tumor], [infection] or [fracture] is suspected.
Rule out [occult scaphoid fracture] versus [ligamentous injury].
There was no [fracture] or [dislocation].
Patients with [lumbar spinal stenosis] may benefit.
He is undergoing treatment for [bilateral knee internal derangement] and [lumbago].
There is no evidence of [hardware failure].
X-rays showed [mild degenerative disc disease] with [anterior osteophytes].
She has [shin splints] and [compensatory left hip bursitis].
The physician diagnosed [medial epicondylitis of the right elbow].
She reports [anxiety] and poor sleep.
He had [hydrocephalus] as a child.
He complains of back pain, weakness and numbness.
Physical examination showed tenderness and spasm with limited range of motion.
The patient's injury occurred while lifting a box.
She has stress at work and fatigue.
Guideline criteria require a neurological deficit or red flags.
She had a positive impingement sign and a negative Tinel sign.
He underwent testing, and the condition has improved.
The worker has functional limitations and a loss of motion.
There was normal alignment with no abnormality of the cord.
Facet loading was positive and lordosis was reduced.
Diagnostic impression: [right shoulder rotator cuff syndrome].
MRI dated 3/4/2015 revealed a [2-3 mm disc protrusion at C5-C6] with [mild central canal stenosis].
MRI of the lumbar spine noted [multilevel lumbar spondylosis] and [severe right foraminal stenosis at L5-S1].
There was [desiccation of the L4-5 disc] and [ligamentum flavum hypertrophy].
He was given a diagnosis of [right knee medial compartment arthrosis].
The provider suspects [recurrent disc herniation] or [epidural fibrosis].
She is diagnosed with [left elbow lateral epicondylitis], [left wrist tendinitis], and [left thumb triggering].
Electrodiagnostic testing showed [mild bilateral carpal tunnel syndrome] without [cervical radiculopathy].
He was treated for [right index finger laceration] with tendon involvement.
The MRI confirmed a [displaced flap tear of the posterior horn of the medial meniscus] and [moderate joint effusion].
X-rays of the foot demonstrated a [healing fracture of the fifth metatarsal base].
The worker has [knee osteoarthritis] and may require surgery later.
Past medical history is significant for [hypertension], [diabetes mellitus type 2], and [sleep apnea].
Medical history includes [non-insulin dependent diabetes], [high blood pressure] and [kidney disease].
He has a prior history of [nephrolithiasis] and [peptic ulcer disease].
There is no history of [gastrointestinal bleeding], [peptic ulcers] or [cardiovascular disease].
She was assessed with [anxiety disorder, not otherwise specified] and [depressive disorder].
The psychologist diagnosed [major depressive disorder, recurrent, moderate] and [panic disorder without agoraphobia].
She has [severe depression] with [suicidal ideation].
Diagnoses include [sexual dysfunction], [sleep disorder] due to pain, and [cognitive disorder].
He was noted to have opioid tolerance and [physical dependence].
The note describes [post-traumatic stress symptoms] after the robbery.
Acupuncture is recommended for chronic low back pain by some authors.
ODG recommends MRI for suspected [ligament tear], [myelopathy], or progressive neurologic deficit.
Indications include suspected [avascular necrosis of the hip].
The claimant fell and sustained a [left distal radius fracture] and a [closed head injury].
He tripped and suffered a [trimalleolar ankle fracture] requiring fixation.
She slipped, resulting in a [right knee contusion] and [lumbar strain].
He had a [perforated eardrum] and [acoustic trauma].
The worker was burned and has [partial-thickness burns to both forearms].
She has [post-burn hypertrophic scarring] and [contracture of the axilla].
The patient was hospitalized for [acute pancreatitis] and [sepsis].
The chest film showed [bibasilar atelectasis] and a [small pleural effusion].
Laboratory tests revealed [elevated liver enzymes] and [mild anemia].
A colonoscopy showed [ulcerative colitis] and a [rectal polyp].
He underwent an ultrasound that showed [gallstones] and [hepatic steatosis].
He has [blepharitis] and [bilateral pterygia].
Ophthalmology found [traumatic optic neuropathy] and [uveitis].
The dentist diagnosed [cracked tooth syndrome] and [gingival recession].
He has a [complete tear of the distal biceps tendon].
Ultrasound demonstrated [partial thickness bursal surface tearing of the infraspinatus].
There is [glenohumeral joint osteoarthritis] with [loose bodies].
The surgeon noted [unresolved right shoulder impingement] and [AC joint arthropathy].
MRI arthrogram shows a [posterior labral tear] with [paralabral cyst].
She developed [frozen shoulder] postoperatively.
He continues to suffer from [chronic bilateral plantar fasciitis] and [peroneal tendinopathy].
The podiatrist diagnosed [sinus tarsi syndrome] and [os trigonum syndrome].
The MRI showed [osteochondritis dissecans of the medial talar dome].
He has [chronic ankle instability] and a [torn deltoid ligament].
He has a [below knee amputation of the right leg].
The prosthesis causes [skin ulceration] and pain.
She was seen for [type 1 complex regional pain syndrome] and neuropathic pain was worse.
There are signs of sympathetically mediated pain.
He sustained a [C7 spinal cord injury] and has [neurogenic bowel].
She has [spastic quadriplegia] due to [cerebral palsy].
He has [peripheral neuropathy] from [chronic alcoholism].
He had a [left middle cerebral artery stroke].
The scan showed a [frontal lobe contusion] and a [subarachnoid bleed].
She has [persistent postconcussive symptoms] and [vestibular dysfunction].
The neurologist diagnosed [post-traumatic migraine] and [cervical dystonia].
He has a [supraorbital nerve injury].
He was diagnosed with [saphenous neuritis] and [ilioinguinal neuralgia].
The EMG revealed [ulnar neuropathy across the elbow].
She has [double crush syndrome].
He developed an [incarcerated ventral hernia] and a [wound infection].
He has [bilateral inguinal hernias] and [hydrocele].
The patient had [pneumonitis] after chemical exposure.
He has [irritant-induced asthma].
She has [lateral pelvic tilt] and [leg length discrepancy].
He was treated with surgery for [bladder cancer] and [prostate carcinoma].
She has [ductal carcinoma in situ of the left breast].
A biopsy revealed [basal cell carcinoma of the nose].
She has [chronic lymphocytic leukemia].
She was exposed to [tuberculosis] and [hepatitis B] at work.
He contracted [COVID-19 pneumonia].
The worker had [Lyme disease] and [West Nile encephalitis].
There was [postoperative wound infection] with [staphylococcus aureus bacteremia].
She has [osteoporosis] with [vertebral compression fractures].
X-rays show [thoracic kyphoscoliosis] and [diffuse idiopathic skeletal hyperostosis].
He has [loosening of the femoral stem] after arthroplasty.
He has symptomatic hardware in the ankle.
She has [myofascitis].
Impression was [cervical strain] with [myofascial pain] and [cephalgia].
Assessment included [neck pain], [upper back pain], and [bilateral wrist pain].
He is under care for [hip pain], [lower leg joint pain] and [insomnia].
Her diagnoses are [unspecified internal derangement of the right knee] and [primary osteoarthritis, left shoulder].
Diagnoses: 1. [Cervical radiculitis]. 2. [Bilateral shoulder tendinosis]. 3. [Right De Quervain's tenosynovitis].
He walks with a limp and has tenderness over the joint line.
Range of motion is limited by pain; strength is 4/5.
There were no signs of acute distress and no deformity was seen.
The reviewer notes that conservative treatment has failed.
The sensory examination was normal with symmetric reflexes.
The requested brace would support the knee after surgery.
A history of trauma is required before imaging.
The applicant carries diagnoses of [chronic low back pain] and [lumbar radiculitis].
She was given a diagnosis of [left-sided S1 radiculopathy].
MR imaging was notable for an [annular disc bulge at L5-S1] with [mild lateral recess stenosis].
There were [Schmorl's nodes] and a [wedge compression fracture of T11].
The CT showed an incomplete fusion.
He has [baastrup disease] and [facet joint hypertrophy].
A [large recurrent disc herniation] compressed the root.
The physician noted [cervical stenosis] with [myelomalacia].
The worker has [torn left anterior cruciate ligament] and [chondral defects of the patella].
MRI reveals a [grade 2 MCL sprain] and a [Hoffa fat pad impingement].
He was diagnosed with [patellar tendon tendinosis] and [quadriceps atrophy].
X-rays demonstrated a worn joint.
He presents with [bilateral knee patellofemoral chondromalacia].
She has [supraspinatus and infraspinatus tendinopathy] and [biceps tenosynovitis].
The report indicates [superior labral fraying].
There is [high-grade partial tearing of the subscapularis tendon].
He suffers from [right shoulder adhesive capsulitis] after [clavicle fracture].
The hand surgeon found [stage II Kienbock's disease].
There is [chronic scapholunate ligament injury] and [dorsal intercalated segment instability].
She has [bilateral basal joint arthritis] and [stenosing tenosynovitis of the left middle finger].
He had an [open fracture of the distal phalanx of the right small finger].
He sustained a [fingertip avulsion] and [extensor tendon rupture].
EMG confirmed [bilateral median mononeuropathies].
He has [complete foot drop] from [L5 nerve root injury].
She has [calcaneal stress fracture] and [retrocalcaneal bursitis].
The ankle has [chronic lateral ligament insufficiency].
She has [ankle impingement] and [posttraumatic arthritis of the subtalar joint].
The podiatrist treats her [hallux rigidus] and [metatarsalgia].
He was diagnosed with [traumatic arthrosis of the first metatarsophalangeal joint].
He has [hip osteoarthritis].
There is [snapping hip syndrome] and [athletic pubalgia].
The worker has [mild TBI].
CT of the brain showed [right temporal intraparenchymal hemorrhage].
He has [hemifacial spasm] and [facial nerve palsy].
The psychiatrist diagnosed [brief psychotic disorder] and [cannabis use disorder].
He has [recurrent major depression], [social anxiety disorder], and [attention deficit disorder].
She has [mixed anxiety and depressive disorder].
There is [acute stress disorder] following the assault.
He meets criteria for [severe alcohol use disorder].
She has [sleep onset insomnia] and [nightmare disorder].
He has [poorly controlled hypertension] and [left atrial enlargement].
She has [aortic stenosis] and [premature ventricular contractions].
He had a [non-ST elevation myocardial infarction].
He had [sick sinus syndrome] and [heart block].
She has [Raynaud's disease] and [scleroderma].
He has [mixed connective tissue disease].
The patient has [polymyalgia rheumatica] and [giant cell arteritis].
He has [chronic bronchitis] and [bronchiectasis].
He suffers from [chronic sinusitis], [nasal polyps] and [eustachian tube dysfunction].
She has [laryngopharyngeal reflux] and [vocal fold nodules].
He has [gastric ulcer], [gastroparesis] and [opioid-related constipation].
There was [acute cholecystitis] and [biliary colic].
He has [anal fissure] and [grade III hemorrhoids].
She has [non-alcoholic fatty liver disease] and [cirrhosis].
He has a [left spigelian hernia] and [mesh infection].
She has [interstitial cystitis] and [pelvic organ prolapse].
He has [end stage renal disease] on dialysis.
She has [acute kidney injury].
He has [orchitis] and [testicular torsion].
She has [Hashimoto's thyroiditis] and [Graves' disease].
He has [diabetic ketoacidosis] and [hypoglycemia].
She has [proliferative diabetic retinopathy] and [macular degeneration].
He had a [metallic foreign body of the left cornea] and [iritis].
She has [chemical conjunctivitis].
He has [post-inflammatory hyperpigmentation] and [allergic contact dermatitis].
She has [poison oak dermatitis].
He has [tinea pedis] and [ingrown toenail].
There is a [necrotic wound of the right heel].
He sustained [electrical burns] and [inhalation injury].
She sustained a [full-thickness burn to the right hand].
He has [transfemoral amputation] on the left.
He has [verrucous hyperplasia].
She has [renal cell carcinoma] and [lung metastases].
He was treated for [Hodgkin lymphoma] and [acute myeloid leukemia].
There is a [pituitary adenoma] and a [meningioma].
She has [stage IV colon cancer].
He has [needlestick injury] with exposure to blood.
She contracted [bacterial meningitis] and [Clostridium difficile colitis].
He has [prepatellar septic bursitis] and [necrotizing fasciitis].
She has [central sleep apnea].
He has [dental fractures] and a [dental abscess].
She has [TMJ syndrome] and [masticatory muscle myalgia].
The patient presents with [left inguinal strain] and [abdominal wall contusion].
He denies [cancer], [stroke] and [bleeding disorder].
An epidural may be used for [acute herniated disc] with radicular findings.
Criteria for MRI include suspicion of [internal joint derangement] or [bony tumor].
The worker has not had [surgical site infection] or [nonunion].
He was kneeling when the ladder fell; the injury occurred at work.
Pain is rated 7/10 with stiffness, swelling and numbness in the toes.
There is decreased sensation in the L5 dermatome and reduced strength.
Treatment has included rest, ice and medication with modest relief.
The current diagnoses are documented as [spinal stenosis, lumbar region]; [low back pain]; and [other chronic pain].
There is [moderate tendinosis of the infraspinatus].
X-rays of the lumbar spine demonstrated [grade 1 anterolisthesis of L4 on L5].
The scan showed [Kellgren-Lawrence grade 3 osteoarthritis of both knees].
The electrodiagnostic study was consistent with [left C6 radiculopathy] and [mild right ulnar sensory neuropathy].
The treating physician's assessment was [right knee sprain], rule out [meniscal tear].
The provider is concerned about an [occult hip fracture].
The claimant developed [compensatory right shoulder pain syndrome].
There was no evidence of acute bony abnormality on the film, but there was [soft tissue contusion].
Guidelines support surgery for [symptomatic full thickness rotator cuff tears] after failed therapy.
The request is for a brace for [patellar instability].
Lumbar MRI is recommended for [uncomplicated low back injury] with [radiculopathy] after one month.
He struck his head and was diagnosed with a [scalp laceration], [cervical strain] and [post-concussion syndrome].
She reports being depressed; a psychologist found [persistent depressive disorder].
The applicant has comorbid [diabetes], [hypothyroidism], and [polysubstance abuse].
The worker is status post repair of a [left ACL tear].
Past surgical history includes repair of an [umbilical hernia].
He has known [coronary disease] and takes aspirin.
The patient was found to have [critical limb ischemia].
She was hospitalized for [suicidality] and [psychotic depression].
Sleep study confirmed [moderate obstructive sleep apnea syndrome].
The urologist evaluated [organic impotence] and [overactive bladder].
The internist diagnosed [NSAID gastropathy] and [hypertensive cardiovascular disease].
The reviewer finds no signs of vascular compromise or [compartment syndrome].
Ultrasound of the abdomen showed a [reducible left inguinal hernia] measuring 2 cm.
Ultrasound of the leg was negative for [deep venous thrombosis].
He has a stiff hand after [extensor tendon injury].
Work restrictions were given for [right lateral epicondylitis] and [radial tunnel syndrome].
The medical report lists [crushing injury of the right middle finger] and [traumatic amputation of the fingertip].
Injection is not indicated in the absence of [inflammatory arthropathy].
He has [left L5 pars fracture] and [spondylolysis].
His MRI suggested [early degenerative disc disease at L3-4 and L4-5].
There was near complete resolution of the [bone marrow edema].
She has failed conservative care for [trochanteric bursitis] and [gluteal tendinopathy].
EMG showed no evidence of [peripheral entrapment neuropathy].
The wound culture grew bacteria and the [postoperative abscess] was drained.
The dermatologist noted [chronic hand eczema] and [nail dystrophy].
The chest CT was positive for [pulmonary nodules] and [mediastinal lymphadenopathy].
He sustained a [grade II splenic laceration] and [pulmonary contusion].
The eye examination showed [bilateral nuclear sclerotic cataracts] and [vitreous hemorrhage].
The note speaks of [recurrent carpal tunnel syndrome].
He has [bilateral knee bone-on-bone arthritis].
She had [Bell palsy] in the past.
The injured worker is being treated for [right ankle sprain], [plantar fascial fibromatosis], and [antalgic gait].
Current diagnoses are [cervical facet syndrome], [bilateral occipital neuralgia] and [thoracic sprain/strain].
The MRI of the right knee from May revealed an [oblique tear of the body of the lateral meniscus].
He was evaluated for a [nondisplaced radial styloid fracture] and placed in a cast.
The imaging showed [multilevel disc desiccation] and [facet hypertrophy at L3-L5].
Her medical conditions include [poorly controlled asthma], [GERD], and [migraine headaches].
There is suspicion for [complex regional pain syndrome of the left foot].
The worker sustained a [crush injury to the right foot] with [second and third metatarsal fractures].
ODG states that the test is not recommended for [acute ankle sprains].
Chiropractic care is not recommended for [carpal tunnel syndrome] or [knee disorders].
A CT scan is indicated for suspected [spinal fracture] in such cases.
There was weakness on testing.
The physician wants to exclude [scaphoid fracture] and [scapholunate ligament tear].
The shoulder MRI was read as [supraspinatus tendinosis] with a [small interstitial tear].
He had a positive screen for [moderate depression] and [severe anxiety].
The claimant was diagnosed with [tendonitis of the left elbow] and [osteochondroma].
She has intact hardware and no [osteomyelitis].
An ultrasound demonstrated [common extensor tendinosis].
He is a smoker with [emphysema] and [peripheral vascular disease].
The patient has [intractable post-herpetic neuralgia].
X-rays revealed mild narrowing only, and no [acute fracture].
MRI showed [mild disc space narrowing at L4-5] and [bilateral neural foraminal narrowing].
There is no [disk space narrowing] or [instability].
There was [loss of disc height], a [horizontal tear of the medial meniscus], [cartilage loss], and a [joint effusion].
The left hand showed a [volar plate injury] and [PIP joint contracture].
Physical therapy is recommended for [sprains and strains of the knee].
Post-injury he developed [right lower extremity deep vein thrombosis].
The provider noted [L5-S1 disc herniation] with [left S1 nerve root impingement].
She continues to have [chronic left shoulder impingement] and [bicipital tendonitis].
He has [bilateral hand osteoarthritis] and [trigger thumbs].
Surgery is indicated for [displaced clavicle fractures] in adults.
She has [lumbar disc displacement w/o myelopathy] and [hypertension].
Diagnoses are [peroneal tendon tear, partial]; [hemorrhoids, external]; [migraine with aura].
He is treated for [major depression, recurrent, moderate, without psychotic features].
The burn center wrote of a [hand burn], and the diabetes chapter was quoted.
There were no [gallstones], no [acoustic neuroma] and no [pressure sores].
CT showed [fractures of ribs 3 through 6] and a [fracture of tooth #12].
She has a [zone II flexor tendon laceration], a [R ACL tear] and [hepatitis C, genotype 2b].
[Tendinitis] on the other hand heals, and [malunions] left alone do not.
She had pre-existing [migraine] and an undiagnosed [sleep apnea].
There was no [acute radiculopathy], chronic L5 changes. [Insomnia], in remission since 2010, came back.
She has [bipolar disorder, in remission]. He has [depression, moderate] and [anxiety].
The list says [NSAID gastritis] versus [irritant contact dermatitis] and earlier [pneumothorax].
He has [piriformis syndrome], [slipping rib syndrome], [levator ani syndrome] and [Kienbock disease].
Imaging found a [humpback deformity], [white matter changes], a [corneal infiltrate] and [microhemorrhages].
Diagnosed were [gas gangrene], [tinea pedis], [normal pressure hydrocephalus] and [metal fume fever].
He had a [terrible triad injury], an [arterial injury], a [vertebral artery dissection] and [neurapraxia].
The sympathetic ganglion was blocked. A [dorsal wrist ganglion] was seen.
She has [acquired absence of right leg below knee] and a [neuroma of the index finger].
He has [Down syndrome]. He came down with [pneumonia].
She has [shin splints], [posterolateral rotatory instability], a [gout flare] and a [visual field defect].
They name [pudendal neuralgia], [cerebellar ataxia], [urethral stricture] and [autonomic dysreflexia].
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Blood tests showed chronic hepatitis B. Liver enzymes were normal.", "chronic hepatitis B"),
        ("She has CRPS type I. Blocks were done.", "CRPS type I"),
        ("He was treated for hepatitis C, as was his wife.", "hepatitis C"),
    ],
)
def test_a_letter_that_ends_a_name_and_the_sentence_leaves_the_full_stop_out(nlp, text: str, name: str) -> None:
    places = [(span.attrs["start"], span.attrs["end"]) for span in annotate.span_values(nlp(text), "imr", "DIAGNOSIS")]
    assert [text[start:end] for start, end in places] == [name]


@pytest.mark.parametrize("sentence", MENTIONS.strip().splitlines())
def test_diagnoses_of_many_specialties(nlp, sentence):
    assert found(nlp, re.sub(r"[\[\]]", "", sentence)) == re.findall(r"\[(.*?)\]", sentence)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MRI is an option to detect labral tears.", ["labral tears"]),
        ("He has sustained fractures of the wrist.", ["fractures of the wrist"]),
        ("She sustained a neglected ulnar fracture.", ["neglected ulnar fracture"]),
        ("He has a midfoot-type sprain.", ["midfoot-type sprain"]),
        ("He has Freiberg's infarction.", ["Freiberg's infarction"]),
        ("She is status post crush injury of the hand.", ["crush injury of the hand"]),
        ("Diagnoses include insomnia due to pain and left knee pain.", ["insomnia", "left knee pain"]),
        ("The list is arthralgia and bursitis, unspecified.", ["arthralgia", "bursitis"]),
        ("The code is bursitis, unspecified.", ["bursitis, unspecified"]),
        ("A torn left meniscus and ulnar nerve lesion.", ["torn left meniscus", "ulnar nerve lesion"]),
        ("Diagnosed with neck, back and elbow pain.", ["neck, back and elbow pain"]),
        ("Rule out instability or labral tear.", ["instability", "labral tear"]),
        ("The knee has no instability today.", []),
        ("Patient's fracture healed.", ["fracture"]),
        ("MRI: acute fracture of L2, 40% loss.", ["acute fracture of L2"]),
        ("Grade II or higher spondylolisthesis is required.", ["Grade II or higher spondylolisthesis"]),
        ("There was an extrusion on the right at L3-4.", ["extrusion on the right at L3-4"]),
        ("He has both gout and asthma.", ["gout", "asthma"]),
        ("It displaces the S1 root and moderate facet hypertrophy.", ["moderate facet hypertrophy"]),
        ("Her grandmother's gout is known.", ["gout"]),
        ("To prevent ulcers or avoid wound infection.", ["ulcers", "wound infection"]),
        ("Strain of the left knee zzzz tear.", ["Strain of the left knee", "zzzz tear"]),
        ("He has commotio retinae and a patent foramen ovale.", ["commotio retinae", "patent foramen ovale"]),
        ("A non-healing wound after a dog bite.", ["non-healing wound", "dog bite"]),
        ("Heart block and neurogenic claudication.", ["Heart block", "neurogenic claudication"]),
        ("Diagnoses include tachycardia and nocturia.", ["tachycardia", "nocturia"]),
        ("He has tachycardia at night.", []),
    ],
)
def test_what_belongs_to_a_name(nlp, text, names):
    assert found(nlp, text) == names


@pytest.mark.parametrize(
    "text",
    [
        "He sustained an industrial injury.",
        "There is no evidence of tissue insult or nerve impairment.",
        "The diagnosis, prognosis and analysis were reviewed.",
        "Red flags and pathology were absent; his condition is stable.",
        "Complaints of low back pain, numbness and stress.",
        "Impingement sign and compression test were positive.",
        "The mechanism of injury to the shoulder was lifting.",
        "Lumbar lordosis is normal.",
        "The knee shows trace effusion.",
        "He was hurt by a cumulative trauma injury.",
    ],
)
def test_symptoms_mechanisms_and_generic_pathology_are_none(nlp, text):
    assert found(nlp, text) == []


@pytest.mark.parametrize(
    "cue",
    [
        "Diagnoses include",
        "He was diagnosed with",
        "The current diagnosis is documented as",
        "She is undergoing treatment for",
        "He is being treated for",
        "Impression:",
        "Assessment:",
    ],
)
def test_symptoms_count_in_a_list_of_diagnoses(nlp, cue):
    names = found(nlp, f"{cue} neck pain and right arm numbness. He reports back pain.")
    assert names == ["neck pain", "right arm numbness"]


def test_a_diagnosis_inside_another_name_is_none():
    nlp = spacy.blank("en", config=BLANK)
    nlp.add_pipe("imr_diagnoses")
    doc = nlp.make_doc("He awaits surgery for shoulder dislocation.")
    annotate.add_span(doc, "imr", 10, 42, "PROCEDURE", rule="test")
    assert annotate.spans_of(nlp.get_pipe("imr_diagnoses")(doc), "imr", "DIAGNOSIS") == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("lumbar radicul-opathy", "lumbar radicul-opathy"),
        ("cervical radiculopthy", "cervical radiculopthy"),
        ("spondylolithesis", "spondylolithesis"),
        ("lumbar radiculits", "lumbar radiculits"),
        ("disc dessication at L2-3", "disc dessication at L2-3"),
    ],
)
def test_misprints_are_found(nlp, written, name):
    assert found(nlp, f"He has {written} now.") == [name]


def test_respeller_leaves_other_words_alone():
    respell = Respeller(["contusion", "infection"], 9, others=["confusion", "injection"])
    assert respell("contusoin") is None
    assert [respell(word) for word in ("confusion", "injection", "contuson")] == [None, None, "contusion"]


WORDS = [
    "left",
    "lumbar",
    "tear",
    "of",
    "the",
    "knee",
    ",",
    "pain",
    "and",
    "diagnosed",
    "with",
    "severe",
    "L4-5",
    "injury",
    "zzz",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_spans_of_any_text_are_words_of_it_and_do_not_overlap(nlp, words):
    doc = nlp(" ".join(words))
    ends = 0
    for span in annotate.spans_of(doc, "imr", "DIAGNOSIS"):
        assert span.start >= ends
        assert doc.text[span.start_char : span.end_char].strip() == span.text
        ends = span.end


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([" ", "\n", "  \n", "\n\n"]), min_size=9, max_size=9))
def test_white_space_changes_nothing(nlp, gaps):
    words = "Diagnoses include left shoulder pain and right knee sprain.".split(" ")
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    assert found(nlp, text) == ["left shoulder pain", "right knee sprain"]


#: Injuries, musculoskeletal and nervous diseases, mental disorders, and the commonest other conditions.
CHAPTERS = re.compile(r"[MSGF]\d|T(?:2[0-9]|3[0-2])|E(?:11|66|78)|I(?:10|21|25|63)|J45|K(?:2[1-9]|4[0-6])")
ICD_FLOOR = 0.65, 0.92  # shares found as one span, and found at all
EXTRA_WORDS = re.compile(r"encounter|sequela|classified elsewhere")


@pytest.mark.stress
def test_icd_10_cm_descriptions_are_found(nlp):
    import simple_icd_10_cm as icd  # takes seconds, which only this test needs

    codes = [code for code in icd.get_all_codes(True) if CHAPTERS.match(code) and len(code) <= 7]
    descriptions = [icd.get_description(code) for code in codes[::12]]
    descriptions = [text for text in descriptions if not EXTRA_WORDS.search(text)]
    names = [found(nlp, f"He has {text[0].lower()}{text[1:]}.") for text in descriptions]
    whole = sum(text[1:] in [name[1:] for name in spans] for text, spans in zip(descriptions, names, strict=True))
    share = whole / len(names), sum(map(bool, names)) / len(names)
    print(f"{len(names)} descriptions: {share[0]:.3f} as one span, {share[1]:.3f} found")
    assert len(names) > 1000
    assert share >= ICD_FLOOR
    assert share[1] >= ICD_FLOOR[1]


@pytest.mark.slow
def test_precision_and_recall_on_the_real_letters(gold, corpus):
    nlp = spacy.blank("en", config=BLANK)
    for name in ("imr_layout", "imr_sentences", "imr_guidelines", "imr_medications", "imr_procedures", "imr_diagnoses"):
        nlp.add_pipe(name)
    hits = found_total = gold_total = 0
    for record in gold:
        text = (corpus / "letters" / f"{record['name']}.txt").read_bytes().decode("utf-8")
        doc = nlp(text)
        view = annotate.spans_of(doc, "imr", "DIAGNOSIS")
        predicted = [" ".join(span.text.lower().split()) for span in view]
        wanted = [" ".join(e["text"].lower().split()) for e in record["entities"] if e["label"] == "DIAGNOSIS"]
        found_total, gold_total = found_total + len(predicted), gold_total + len(wanted)
        for name in predicted:
            if name in wanted:
                wanted.remove(name)
                hits += 1
    assert 2 * hits / (found_total + gold_total) >= 0.93
