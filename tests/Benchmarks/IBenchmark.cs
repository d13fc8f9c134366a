using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks;

/// <summary>One row of the table in docs/performance.md.</summary>
internal interface IBenchmark
{
    /// <summary>As it is named on the command line.</summary>
    string Name { get; }

    string What { get; }

    /// <summary>Starts what it needs, measures, and stops it again.</summary>
    Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation);
}
