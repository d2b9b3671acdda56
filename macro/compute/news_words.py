"""Words that decide which coins a headline names."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


STOP_SYMBOLS = words(
    """
    ACE ACH ACT AGI AI AIR ALL ALT AMP ANY API APT APP AR ARC ARE ARK ART ASK ATM AUCTION AUDIO BACK BAN BAND BAR BASE
    BASED BAT BEAM BEST BIG BIT BLUE BLUR BOND BOOK BOSS BURGER BUY CARE CAT CELL CEO CFO CHAT CHESS CITY CLEAR CLOUD
    COIN COMBO COMP CORE COS COST COW CREAM CREDIT CTO CUBE CUT DAO DAR DASH DATA DAY DEFI DENT DIA DOCK DOG DOGS DUSK
    ECO EDGE ELON END EPIC ERA ETF EURO EVER FACT FAIR FAN FARM FAST FED FIRE FIT FLOW FLUX FOR FORM FORTH FREE FRONT
    FTC FUEL FUN GAL GAME GAS GET GHOST GMT GO GOLD GOOD GRASS HARD HERO HIFI HIGH HOME HOOK HOPE HOT HYPE ICE ICO ID
    IDEA INDEX IO IQ IPO IRS IT JOE JUST KEY KING LAYER LEVER LIKE LINK LOCK LONG LOOM MAGIC MAJOR MAN MANTA MAP MASK
    MEME MINA MINE MOB MOM MOON MOTHER MOVE MULTI NEAR NEO NEW NEXT NFT NIGHT NOT NOW OCEAN OG OLD OM OMNI ONE OP ORDER
    ORN OUT PAX PEOPLE PI PIN PIXEL PLAY POL POLS POLY PORTAL POWER PRIME PROM PROS PUSH QI QUICK RAD RAIL RARE RAY
    READY RED REEF S SAFE SAGA SAND SEC SEND SHELL SHORT SIGN SKY SOFT SOLO SPACE SPELL STAR STEEM STEP STG STORM STOP
    STRONG SUN SUPER SURE SWAP SWEAT SYN T TAO TAP THE TIME TOKEN TOP TREE TRIBE TROY TRU TRUMP TRUST TURBO UFO UK UN
    UP US USA USD USUAL VIA W WAN WAVE WAVES WAX WEB WILL WIN WING WOO X ZEN ZERO ZK
    """
)
"""Symbols that headlines write in capitals for other reasons, or that are words; bare, they name no coin."""
PLAIN_SYMBOLS = frozenset({"ADA", "BNB", "BTC", "DOGE", "ETH", "USDC", "USDT", "XRP"})
"""Symbols that name their coin in any case: nothing else is written so."""
COMMON_NAMES = words(
    """
    across ai air alchemy amp arc ark avalanche balancer band base beam big blast blur bonk book braintrust chain civic
    coin compound constellation core cosmos curve cyber dash dent dogs dusk energi flare flow flux fusion gala galaxy
    gas ghost gods golem grass harmony helium hero hive hook horizon hyper icon immutable io jasmy joe jupiter keep
    loom magic maker mantle mantra map mask merlin metal mina mode moon move mover near neo oasis ocean omega omni
    ontology open optimism oracle orbs orbit orchid order origin pax people pepe perpetual pi pixels portal prime quant
    radiant radix reef render request reserve rocket ronin safe saga sandbox sapien secret shell sign sky solar sonic
    space spell stacks star stargate status steem stellar storm strike strong sun super sushi swell swipe terra
    threshold treasure tribe trust truth turbo ultra uma unity vanar vector venus verge virtuals vulcan waves wax wing
    wormhole zen zero
    """
)
"""Names that are words as well; bare, they name no coin."""
PROPER_NAMES = frozenset({"avalanche", "cosmos", "harmony", "optimism", "stacks", "stellar", "terra"})
"""Of these, the ones that a capital letter amid a sentence tells from the word."""
AFTER = words("blockchain coin dao ecosystem foundation labs mainnet network protocol testnet token tokens")
"""What follows such a word when it does name a coin: ``Flow blockchain``."""
AFTER_SYMBOL = words(
    """
    bears bulls climbs coin dips drops falls gains holders jumps plunges price pumps rallies rises slides slips soars
    surges token tokens whales
    """
)
"""What follows a stopped symbol in capitals when it does name a coin: ``LINK price``, ``NEAR surges``."""
QUOTES = ("USDT", "USDC", "USD", "BUSD", "BTC", "ETH", "EUR")
"""What the second part of a pair may be: ``LINK/USD``, ``NEARUSDT``."""
NICKNAMES: dict[str, tuple[str, ...]] = {
    "BNB": ("Binance Coin",),
    "BTC": ("Bitcoins",),
    "DOGE": ("Doge coin",),
    "EGLD": ("Elrond",),
    "ETH": ("Ether",),
    "ICP": ("Internet Computer", "Dfinity"),
    "LDO": ("Lido",),
    "LUNA": ("Terra Luna",),
    "MKR": ("MakerDAO",),
    "POL": ("Polygon",),
    "SAND": ("The Sandbox",),
    "SHIB": ("Shiba Inu", "Shiba"),
    "USDC": ("USD Coin",),
    "XRP": ("Ripple",),
}
"""What people call coins besides their names."""
OTHERS = (
    "Bitcoin Cash", "Bitcoin SV", "Bitcoin Gold", "Bitcoin Magazine", "Ethereum Classic", "Ethereum Name Service",
    "EthereumPoW", "Terra Classic", "Wrapped Bitcoin", "Wrapped Ether", "Lido Staked Ether", "Compound interest",
    "ripple effect", "ripple effects", "Terra firma", "Terra incognita",
)  # fmt: skip
"""Names that hold a coin's name and mean something else, whether or not that is tracked."""
