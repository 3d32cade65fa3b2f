package explain

// Cause is why a query does not find all it could.
type Cause string

// The causes, in the order in which they are believed: where several are found, the first of them that a cure helps is
// the main one ([Case.Main]).
const (
	Copies      Cause = "copies"      // one picture under two products, or several times in the results
	Turned      Cause = "turned"      // the photo lies on its side or stands on its head
	Dark        Cause = "dark"        // far less light than the index's photos have
	Small       Cause = "small"       // fewer pixels than half the network's input
	Blurred     Cause = "blurred"     // less sharp than the index's photos
	Little      Cause = "little"      // the product fills little of the photo
	Cut         Cause = "cut"         // the product goes on beyond the photo's edge
	Label       Cause = "label"       // the photo agrees with another product as if it were that one
	Approximate Cause = "approximate" // the exact search finds more than the index did
	Hub         Cause = "hub"         // a photo that is a neighbour of very many queries takes a place
	Ground      Cause = "ground"      // photos on the same ground are nearer
	Twin        Cause = "twin"        // another colour of what looks the same is nearer
	Pose        Cause = "pose"        // other products in the same pose are nearer
	Unlike      Cause = "unlike"      // the product's photos do not look alike to the network
	Near        Cause = "near"        // right photos stand at ranks 11 to 50
	Kin         Cause = "kin"         // other products of the same category are nearer
	Others      Cause = "others"      // products of other categories are nearer
)

// Causes lists all of them in order.
var Causes = []Cause{Copies, Turned, Dark, Small, Blurred, Little, Cut, Label, Approximate, Hub, Ground, Twin, Pose,
	Unlike, Near, Kin, Others}

// lastTier is that of causes that only say what is nearer.
const lastTier = 5

// tier orders causes by how sure their test is.
func (c Cause) tier() int {
	switch c {
	case Copies:
		return 0
	case Turned, Dark, Small, Blurred, Little, Cut:
		return 1
	case Label:
		return 2
	case Approximate, Hub:
		return 3
	case Ground, Twin:
		return 4
	}
	return lastTier
}
