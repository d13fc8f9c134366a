using System.Runtime.InteropServices;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>What a stream of StreamIsActive knows at a look.</summary>
/// <param name="Said">What it said last; null before the first time.</param>
/// <param name="SinceSaid">How long ago.</param>
/// <param name="Arrived">Work came to an idle function since it said something.</param>
/// <param name="Active">There is more work than the ScaledObject's threshold.</param>
/// <param name="HasWork">There is work at all.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StreamFacts(bool? Said, TimeSpan SinceSaid, bool Arrived, bool Active, bool HasWork);

/// <summary>What to say now, if anything, and when to look again at the latest; null for when work arrives.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StreamStep(bool? Say, TimeSpan? LookAgain);

/// <summary>
/// What StreamIsActive says. <c>true</c> at once when it is news. <c>false</c>, and <c>true</c> once more for work that came after a function had run dry,
/// not within a second of what was said before: KEDA looks up the ScaledObject for each, and a queue that flaps must not make it do that a hundred times a second.
/// (Once more, because KEDA may have scaled down in between by its own polling, and it does not act on <c>false</c>.)
/// </summary>
internal static class StreamDecision
{
    /// <summary>Between two messages of which the second is no hurry, and between two looks while there is work.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    public static StreamStep Next(StreamFacts facts)
    {
        var news = facts.Said is null || (facts.Active && facts.Said is false);
        var later = facts.Active ? facts.Arrived : facts.Said is true;
        if (news || (later && facts.SinceSaid >= Pace))
        {
            return new(facts.Active, Again(facts));
        }

        return new(null, later ? Pace - facts.SinceSaid : Again(facts));
    }

    /// <summary>Nobody calls when work ends or passes a threshold, so that is looked for; but only while there is work.</summary>
    private static TimeSpan? Again(StreamFacts facts) => facts.HasWork ? Pace : null;
}
