using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

public sealed class LateChangesTests
{
    private readonly Listener _bridge = new();
    private readonly LateChanges _late;

    public LateChangesTests() => _late = new(_bridge);

    [Fact]
    public void What_our_watch_brings_before_any_later_event_is_not_late()
    {
        Watch("provider", 10);
        LooksAt(10);
        Watch("access", 11);
        Assert.Empty(_bridge.Heard);
    }

    [Fact]
    public void What_our_watch_brings_after_a_later_event_was_looked_at_is_looked_at_again()
    {
        LooksAt(20);
        Watch("provider", 10);
        Watch("access", 20);
        Watch("newer", 21);
        Assert.Equal(["provider", "access"], _bridge.Heard);
    }

    [Fact]
    public void An_older_event_does_not_turn_back_what_was_looked_at()
    {
        LooksAt(20);
        LooksAt(5);
        Watch("provider", 19);
        Assert.Equal(["provider"], _bridge.Heard);
    }

    [Fact]
    public void An_event_without_a_version_makes_nothing_late()
    {
        _late.LooksAt(new(KubernetesKinds.Secret, "ns", "followed-up"));
        Watch("provider", 1);
        Assert.Empty(_bridge.Heard);
    }

    [Fact]
    public void A_due_timer_makes_nothing_late()
    {
        _late.LooksAt(TimerTick.Due("SecretRotation", DateTimeOffset.UnixEpoch.AddYears(50)).Object);
        Watch("provider", 1);
        Assert.Empty(_bridge.Heard);
    }

    /// <summary>Whatever the order in which watches and events come in: once all have come, somebody has looked at each object with the other one in the copies.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void Every_pair_of_changes_is_seen_together_by_a_look_at_one_of_them(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var copies = new HashSet<int>();
            var together = false;
            var bridge = new Listener { OnHeard = _ => together |= copies.Count == 2 };
            var late = new LateChanges(bridge);
            // Two changes; each comes as an event that is looked at, and through its own watch.
            foreach (var (change, isEvent) in new[] { (10, true), (11, true), (10, false), (11, false) }.OrderBy(_ => random.Next()).ToList())
            {
                if (isEvent)
                {
                    late.LooksAt(new(KubernetesKinds.Secret, "ns", "o") { ResourceVersion = $"{change}" });
                    together |= copies.Count == 2;
                }
                else
                {
                    copies.Add(change);
                    late.OnChange(KubernetesKinds.Secret, ObjectChange.Update, null, new() { Name = "o", ResourceVersion = $"{change}" });
                }
            }

            Assert.True(together, "no look saw both changes");
        }
    }

    private void LooksAt(int version) => _late.LooksAt(new(KubernetesKinds.Secret, "ns", "any") { ResourceVersion = $"{version}" });

    private void Watch(string name, int version) => _late.OnChange(KubernetesKinds.Secret, ObjectChange.Update, null, new() { Name = name, ResourceVersion = $"{version}" });

    private sealed class Listener : IChangeListener
    {
        public List<string> Heard { get; } = [];

        public Action<string> OnHeard { get; init; } = _ => { };

        public void OnChange(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now)
        {
            Heard.Add(now.Name);
            OnHeard(now.Name);
        }
    }
}
