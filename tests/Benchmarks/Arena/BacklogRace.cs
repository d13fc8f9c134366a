using AgentWarden.Benchmarks.Report;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>A bridge that starts with many Secrets against a loop that does the same without it: events a second, in rounds in turn.</summary>
internal sealed class BacklogRace(int secrets)
{
    private const int Rounds = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private LookTally _tally = new(secrets);

    /// <summary>A function was asked to look at a Secret.</summary>
    public void See(string function, ObjectReference secret) => _tally.See(function, secret);

    /// <param name="how">For the figure's name.</param>
    /// <param name="reference">What the loop does.</param>
    /// <param name="start">Starts the bridge.</param>
    /// <param name="bare">The loop.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Figure> RunAsync(string how, string reference, Func<Task<IAsyncDisposable>> start, Func<Task> bare, CancellationToken cancellation)
    {
        Samples ours = new(), theirs = new();
        for (var round = 1; round <= Rounds; round++)
        {
            _tally = new(secrets);
            await using (await start())
            {
                ours.Add(await RateAsync(Task.CompletedTask, cancellation));
            }

            _tally = new(secrets);
            theirs.Add(await RateAsync(Task.Run(bare, cancellation), cancellation));
            Bench.Say($"{how}, round {round} of {Rounds}: {ours.Values[^1]:#,0} events/s, bare {theirs.Values[^1]:#,0}");
        }

        return new($"events a second, {how}", Samples.Median(ours.Values), "events/s")
        {
            Reference = new(reference, Samples.Median(theirs.Values)),
            Note = $"rounds {Rates(ours)}, bare {Rates(theirs)}; median; each of {_tally.Expected:#,0} events",
        };
    }

    private static string Rates(Samples samples) => string.Join(", ", samples.Values.Select(v => v.ToString("0")));

    /// <summary>From the first look to the last of all.</summary>
    private async Task<double> RateAsync(Task sending, CancellationToken cancellation)
    {
        // A failed sender is told at once, and not after the patience.
        await sending;
        try
        {
            await _tally.All.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{_tally.Count:#,0} of {_tally.Expected:#,0} looks were made within {Patience.TotalSeconds:0} s.", late);
        }

        return (_tally.Expected - 1) / _tally.Took.TotalSeconds;
    }
}
